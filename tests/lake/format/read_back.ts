import { gunzipSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { DAY_MS } from "../../../mod/schema/calendar.ts";
import { type Column, ORIGIN_COLUMNS, type RowSchema } from "../../../mod/schema/schema.ts";
import { python } from "../../services/services.ts";
import type { Columns } from "./flush_rows.ts";

/** What pyarrow says of a column of a file. */
export interface Statistics {
  min: string | number | null;
  max: string | number | null;
  nulls: number;
  encodings: string[];
}

/** A Parquet file as foreign programs read it. */
export interface ForeignReading {
  pyarrow: Columns;
  duckdb: Columns;
  statistics: Record<string, Statistics>;
  /** Rows that DuckDB counts with each filter. */
  counts: number[];
}

/** Reads Parquet files with pyarrow and DuckDB. */
export async function readByOthers(
  files: Uint8Array[],
  filters: string[] = [],
): Promise<ForeignReading[]> {
  return await withFiles(files, "parquet", async (paths) => {
    const script = new URL("./read_parquet.py", import.meta.url);
    return JSON.parse(await python(script, [JSON.stringify({ files: paths, filters })]));
  });
}

/** Gives files on disk for as long as `use` runs. */
export async function withFiles<T>(
  files: Uint8Array[],
  extension: string,
  use: (paths: string[]) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const paths = files.map((_, i) => `${folder}/${i}.${extension}`);
    files.forEach((bytes, i) => Deno.writeFileSync(paths[i], bytes));
    return await use(paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads a Parquet file with hyparquet. */
export async function readByHyparquet(bytes: Uint8Array<ArrayBuffer>): Promise<Columns> {
  const rows = await parquetReadObjects({ file: bytes.buffer });
  const columns: Columns = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) (columns[name] ??= []).push(plain(value));
  }
  return columns;

  function plain(value: unknown): string | number | null {
    if (typeof value === "bigint") return Number(value);
    if (value === undefined) return null;
    return value as string | number | null;
  }
}

/** Dates as days and timestamps as milliseconds, where a reader gives them in another form. */
export function asNumbers(
  schema: RowSchema,
  columns: Record<string, unknown[]>,
): Columns {
  const types = new Map(
    [...schema.columns, ...ORIGIN_COLUMNS].map(({ name, type }) => [name, type]),
  );
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [
      name,
      values.map((value) => value === null ? null : asNumber(types.get(name)!, value)),
    ]),
  );
}

function asNumber(type: Column["type"], value: unknown): string | number {
  if (type === "date") {
    return Number(value instanceof Date ? value : new Date(`${value}Z`)) / DAY_MS;
  }
  if (type === "timestamp") {
    return Number(value instanceof Date ? value : new Date(`${value}Z`.replace(" ", "T")));
  }
  return value as string | number;
}

/** Reads a file of compressed JSON lines. */
export function readJsonLines(bytes: Uint8Array): Record<string, unknown[]> {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(gunzipSync(bytes));
  const columns: Record<string, unknown[]> = {};
  for (const line of text.split("\n").slice(0, -1)) {
    for (const [name, value] of Object.entries(JSON.parse(line))) {
      (columns[name] ??= []).push(value);
    }
  }
  return columns;
}
