import { type Column, ORIGIN_COLUMNS, type RowSchema } from "../schema/schema.ts";

/** Columns that the table's objects hold: the schema's and those of the message. */
export function tableColumns(schema: RowSchema): Column[] {
  return [...schema.columns, ...ORIGIN_COLUMNS];
}
