import type { CellValue } from "./cell_value.ts";

/** The rows of an object: for each column that it has, its values; the others are the same in all rows. */
export interface ObjectRows {
  name: string;
  size: number;
  /** Values by column name, dates as text, timestamps as milliseconds. */
  batches: Array<{ rows: number; columns: Map<string, ArrayLike<CellValue>> }>;
  /** Values of the path, by column name; text in the form of the column's type. */
  partitions: ReadonlyArray<readonly [column: string, value: CellValue]>;
}
