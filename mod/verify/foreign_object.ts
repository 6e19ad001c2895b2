import { gunzipSync } from "node:zlib";
import { Failure, messageOf } from "../failure/failure.ts";
import { parquetBatches } from "../lake/format/parquet/read_parquet.ts";

/** Names of the columns in which another sink's rows say where they come from. */
export interface OriginColumns {
  offset: string;
  partition: string;
  /** Absent where all rows are of one topic. */
  topic?: string;
}

/** Kafka's coordinates of a row. */
export interface Origin {
  partition: number;
  offset: number;
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
  try {
    const rows = name.endsWith(".parquet") ? await parquetRows(bytes) : lines(name, bytes);
    const folders = foldersOf(name);
    const value = (row: Record<string, unknown>, column: string) => row[column] ?? folders[column];
    return rows.flatMap((row) => {
      if (columns.topic !== undefined) {
        const found = value(row, columns.topic);
        if (found === undefined) throw new Error(`a row has no ${columns.topic}`);
        if (found !== topic) return [];
      }
      return [{
        partition: wholeNumber(value(row, columns.partition), columns.partition),
        offset: wholeNumber(value(row, columns.offset), columns.offset),
      }];
    });
  } catch (cause) {
    throw new Failure("rejected", `object ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }

  async function parquetRows(bytes: Uint8Array): Promise<Array<Record<string, unknown>>> {
    const folders = foldersOf(name);
    const wanted = Object.values(columns).filter((column) => !(column in folders))
      .map((name) => ({ name, type: "string" as const }));
    const batches = await parquetBatches(bytes, wanted);
    return batches.flatMap(({ rows, columns }) =>
      Array.from(
        { length: rows },
        (_, row) => Object.fromEntries([...columns].map(([name, values]) => [name, values[row]])),
      )
    );
  }
}

function lines(name: string, bytes: Uint8Array): Array<Record<string, unknown>> {
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
