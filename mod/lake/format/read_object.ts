import { Failure, messageOf } from "../../failure/failure.ts";
import type { ObjectName } from "../layout.ts";
import { HIVE_NULL } from "../layout.ts";
import type { Column } from "../../schema/schema.ts";
import { jsonLinesBatches } from "./read_json_lines.ts";
import type { ObjectRows } from "./object_rows.ts";
import { parquetBatches } from "./parquet/read_parquet.ts";
import { type CellValue, cellValue } from "./cell_value.ts";

/**
 * The rows of one lake object, with values as SQLite takes them.
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

function pathValue(value: string, column: Column | undefined): CellValue {
  if (value === HIVE_NULL) return null;
  return column === undefined ? value : cellValue(value, column.type);
}
