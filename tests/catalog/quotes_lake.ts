import { parquetWriteBuffer } from "hyparquet-writer";
import { gzipSync } from "node:zlib";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { objectName } from "../../mod/lake/layout.ts";
import type { LakeStore } from "../../mod/lake/store.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { Column, RowSchema } from "../../mod/schema/schema.ts";
import { tableColumns } from "../../mod/catalog/lake_table.ts";

/** A row of the lake: dates and timestamps as text, as a reader sees them. */
export type LakeRow = Record<string, string | number | bigint | null>;

/** A quote as `consume` would write it. */
export function quote(offset: number, row: LakeRow = {}): LakeRow {
  return {
    index: "HSI",
    date: "2026-01-05",
    open: 100,
    high: 103.5,
    low: 99.25,
    close: 101 + offset,
    adj_close: 101 + offset,
    volume: 1000 + offset,
    close_usd: 13.1,
    kafka_partition: 0,
    kafka_offset: offset,
    kafka_timestamp: "2026-11-20 10:00:00.123",
    ...row,
  };
}

/** Options of {@linkcode putRows}. */
export interface PutOptions {
  /** @default {the built-in schema} */
  schema?: RowSchema;
  /** @default {[["dt", "2026-11-20"]]} */
  partitions?: Array<[string, string]>;
  /** @default {0} */
  partition?: number;
  /** @default {"parquet"} */
  extension?: "parquet" | "jsonl.gz";
  /** @default {"index-quotes"} */
  topic?: string;
}

/** Writes rows as one object, with a general library instead of our own writer; gives its name. */
export async function putRows(
  lake: LakeStore,
  rows: LakeRow[],
  options: PutOptions = {},
): Promise<string> {
  const schema = options.schema ?? await loadSchema();
  const { partitions = [["dt", "2026-11-20"]], extension = "parquet", topic = "index-quotes" } =
    options;
  const offsets = rows.map((row) => Number(row.kafka_offset));
  const name = objectName({
    table: schema.table,
    kind: "rows",
    partitions,
    topic,
    partition: options.partition ?? 0,
    first: Math.min(...offsets),
    last: Math.max(...offsets),
    extension,
  });
  const inPath = new Set(partitions.map(([column]) => column));
  const columns = tableColumns(schema).filter(({ name }) => !inPath.has(name) && name in rows[0]);
  await lake.put(name, extension === "parquet" ? parquet(columns, rows) : jsonLines(columns, rows));
  return name;
}

function parquet(columns: Column[], rows: LakeRow[]): Uint8Array {
  const buffer = parquetWriteBuffer({
    columnData: columns.map(({ name, type }) => ({
      name,
      data: rows.map((row) => row[name] === null ? null : parquetValue(row[name], type)),
    })),
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(({ name, type }) => ({
        name,
        repetition_type: "OPTIONAL" as const,
        ...PARQUET_TYPES[type],
      })),
    ],
    rowGroupSize: 3,
  });
  return new Uint8Array(buffer);
}

const PARQUET_TYPES = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  date: { type: "INT32", converted_type: "DATE" },
  double: { type: "DOUBLE" },
  long: { type: "INT64" },
  timestamp: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
} as const;

function parquetValue(value: LakeRow[string], type: Column["type"]): unknown {
  if (type === "long") return BigInt(value!);
  if (type === "date") return new Date(String(value));
  return type === "timestamp" ? new Date(String(value).replace(" ", "T") + "Z") : value;
}

function jsonLines(columns: Column[], rows: LakeRow[]): Uint8Array {
  const lines = rows.map((row) => {
    const fields = columns.map(({ name }) => {
      const value = row[name];
      return `${JSON.stringify(name)}:${typeof value === "bigint" ? value : JSON.stringify(value)}`;
    });
    return `{${fields.join(",")}}\n`;
  });
  return new Uint8Array(gzipSync(lines.join("")));
}

/** A fresh home with an empty lake in it; removed at its end. */
export class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();
  readonly lake = openDirectoryLake(`${this.path}/lake`);

  /** The local catalog's file. */
  get catalog(): string {
    return `${this.path}/catalog.sqlite`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lake.close();
    await Deno.remove(this.path, { recursive: true });
  }
}
