import { parse } from "csv-parse/sync";
import { isNoValue } from "../schema/null_words.ts";
import type { RowSchema } from "../schema/schema.ts";
import { valueText } from "../schema/value_text.ts";
import type { Fields } from "./fields.ts";

/** The fields of a line of CSV with the columns in the schema's order, or why it is none. */
export function csvFields(text: string, { columns }: RowSchema): Fields | string {
  let records: string[][];
  try {
    records = parse(text, { relax_column_count: true });
  } catch {
    return `not CSV: ${valueText(text)}`;
  }
  if (records.length !== 1) return `expected one line of CSV, found ${records.length}`;
  const own = columns.filter(({ from }) => from === undefined);
  const [fields] = records;
  if (fields.length !== own.length) return `expected ${own.length} fields, found ${fields.length}`;
  const given = own.flatMap(({ wire }, i) => isNoValue(fields[i]) ? [] : [[wire, fields[i]]]);
  return Object.fromEntries(given);
}
