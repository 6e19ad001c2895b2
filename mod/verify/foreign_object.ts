import { gunzipSync } from "node:zlib";
import type { FileMetaData } from "hyparquet";
import { Failure, messageOf } from "../failure/failure.ts";
import { readFooter } from "../lake/format/parquet/footer.ts";
import { parquetBatches } from "../lake/format/parquet/read_parquet.ts";

/** Names of the columns in which another sink's rows say where they come from. */
export interface OriginColumns {
  offset: string;
  partition: string;
  /** Absent if all rows are of one topic. */
  topic?: string;
}

/** Kafka's coordinates of a row. */
export interface Origin {
  partition: number;
  offset: number;
  /** Whether a delete file of an Iceberg table takes the row away. */
  isDeleted: boolean;
}

/**
 * Where the rows of an object come from. A column that is not in the object may be a Hive folder of its
 * name, such as `partition=0`, as Kafka Connect's default partitioner writes it.
 * @returns those of the topic
 * @throws {Failure} kind `rejected`, naming the object, when it cannot be read
 */
export async function readOrigins(
  name: string,
  bytes: Uint8Array,
  columns: OriginColumns,
  topic: string,
): Promise<Origin[]> {
  return await reading(name, async () => {
    const folders = foldersOf(name);
    const wanted = Object.values(columns).filter((column) => !(column in folders));
    const rows = name.endsWith(".parquet") ? await parquetRows(bytes, wanted) : lines(name, bytes);
    return originsOf(rows, (row, column) => row[column] ?? folders[column], { columns, topic });
  });
}

/** Options of {@linkcode readParquetOrigins}. */
export interface ParquetOriginsOptions {
  columns: OriginColumns;
  topic: string;
  /** The file's names of the columns. */
  namesIn(metadata: FileMetaData): Record<string, string | undefined>;
  /** Rows that are deleted, by their positions in the file. */
  gone: ReadonlySet<number>;
}

/**
 * Where the rows of a Parquet file come from, whatever it is called.
 * @returns those of the topic
 * @throws {Failure} kind `rejected`, naming the object, when it cannot be read
 */
export async function readParquetOrigins(
  name: string,
  bytes: Uint8Array,
  { columns, topic, namesIn, gone }: ParquetOriginsOptions,
): Promise<Origin[]> {
  return await reading(name, async () => {
    const names = namesIn(readFooter(bytes));
    const wanted = Object.values(columns);
    const rows = await parquetRows(bytes, wanted.flatMap((column) => names[column] ?? []));
    const value = (row: Row, column: string) => row[names[column] ?? ""];
    return originsOf(rows, value, { columns, topic, gone });
  });
}

type Row = Record<string, unknown>;

async function reading(name: string, read: () => Promise<Origin[]>): Promise<Origin[]> {
  try {
    return await read();
  } catch (cause) {
    throw new Failure("rejected", `object ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function originsOf(
  rows: readonly Row[],
  value: (row: Row, column: string) => unknown,
  { columns, topic, gone }:
    & Pick<ParquetOriginsOptions, "columns" | "topic">
    & Partial<Pick<ParquetOriginsOptions, "gone">>,
): Origin[] {
  return rows.flatMap((row, position) => {
    if (columns.topic !== undefined) {
      const found = value(row, columns.topic);
      if (found === undefined || found === null) throw new Error(`a row has no ${columns.topic}`);
      if (found !== topic) return [];
    }
    return [{
      partition: wholeNumber(value(row, columns.partition), columns.partition),
      offset: wholeNumber(value(row, columns.offset), columns.offset),
      isDeleted: gone?.has(position) ?? false,
    }];
  });
}

async function parquetRows(bytes: Uint8Array, names: readonly string[]): Promise<Row[]> {
  const wanted = names.map((name) => ({ name, type: "string" as const }));
  const batches = await parquetBatches(bytes, wanted);
  return batches.flatMap(({ rows, columns }) =>
    Array.from(
      { length: rows },
      (_, row) => Object.fromEntries([...columns].map(([name, values]) => [name, values[row]])),
    )
  );
}

function lines(name: string, bytes: Uint8Array): Row[] {
  const text = new TextDecoder().decode(name.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line));
}

/** Values of the Hive folders of a name, by column. */
function foldersOf(name: string): Record<string, string> {
  return Object.fromEntries(
    name.split("/").slice(0, -1).flatMap((folder) => {
      const at = folder.indexOf("=");
      return at < 1 ? [] : [[folder.slice(0, at), folder.slice(at + 1)]];
    }),
  );
}

function wholeNumber(value: unknown, column: string): number {
  if (value === undefined || value === null || value === "") {
    throw new Error(`a row has no ${column}`);
  }
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`${column}: expected a whole number, found ${JSON.stringify(String(value))}`);
}
