import type { TableObject } from "../../../lake/table_objects.ts";

/** An object whose rows are in the table, from one row number to before another. */
export interface LoadedRows {
  object: TableObject;
  firstRow: number;
  endRow: number;
}
