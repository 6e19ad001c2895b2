import type { CellValue } from "./cell_value.ts";

/**
 * The rows of an object: the values of each column that it has; the others are the same in all
 * rows.
 */
export interface ObjectRows {
  name: string;
  size: number;
  /** Values by column name, dates as text, timestamps as milliseconds. */
  batches: Array<{ rows: number; columns: Map<string, ArrayLike<CellValue>> }>;
  /** Values from the path, by column name, converted to the column's type. */
  partitions: ReadonlyArray<readonly [column: string, value: CellValue]>;
}
