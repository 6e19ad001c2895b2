import type { SQLInputValue } from "node:sqlite";
import { Failure, messageOf } from "../failure/failure.ts";
import type { ObjectName } from "../lake/layout.ts";
import { HIVE_NULL } from "../lake/layout.ts";
import type { Column } from "../schema/schema.ts";
import { jsonLinesBatches } from "./json_lines_columns.ts";
import type { ObjectRows } from "./local_catalog.ts";
import { parquetBatches } from "./parquet_columns.ts";
import { sqliteValue } from "./sqlite_values.ts";

/**
 * The rows of one lake object, in SQLite's forms.
 * @throws {Failure} kind `failed`, naming the object, when it cannot be read
 */
export async function readObject(
  name: string,
  parsed: ObjectName,
  bytes: Uint8Array,
  columns: readonly Column[],
): Promise<ObjectRows> {
  const inPath = new Set(parsed.partitions.map(([column]) => column));
  const wanted = columns.filter((column) => !inPath.has(column.name));
  try {
    const batches = parsed.extension === "parquet"
      ? await parquetBatches(bytes, wanted)
      : jsonLinesBatches(bytes, wanted);
    const partitions = parsed.partitions.map(([column, value]) =>
      [column, pathValue(value, columns.find(({ name }) => name === column))] as const
    );
    return { name, size: bytes.length, batches, partitions };
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("failed", `object ${name} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: "Is it damaged? `ticklake verify --deep` reads every object of the lake.",
    });
  }
}

function pathValue(value: string, column: Column | undefined): SQLInputValue {
  if (value === HIVE_NULL) return null;
  return column === undefined ? value : sqliteValue(value, column.type);
}
