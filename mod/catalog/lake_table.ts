import type { ObjectName } from "../lake/layout.ts";
import { type Column, ORIGIN_COLUMNS, type RowSchema } from "../schema/schema.ts";

/** Columns that the table's objects hold: the schema's and those of the message. */
export function tableColumns(schema: RowSchema): Column[] {
  return [...schema.columns, ...ORIGIN_COLUMNS];
}

/** Whether a lake object holds rows of the table that a query reads. */
export function isTableObject(name: ObjectName | null, table: string): name is ObjectName {
  return name !== null && !name.deadLetter && name.table === table &&
    (name.extension === "parquet" || name.extension === "jsonl.gz");
}
