import { canonicalText } from "./canonical_value.ts";
import { checkRow } from "./check_row.ts";
import { exactNumber } from "./exact_number.ts";
import type { CheckedRow } from "./row.ts";
import type { RowSchema } from "./schema.ts";

/**
 * A number in a file: digits, with a fraction and an exponent if need be. Not `2913.` (a file that
 * was cut there), `.5`, `+5` or `1,000`: where a column is to take more, its schema says so, see
 * `lenientNumber`.
 */
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The fields' texts in the order of the schema's columns; `undefined` if there is no value. */
export type FieldTexts = ReadonlyArray<string | undefined>;

/** Brings a row's fields into the form that messages have, see `canonicalText`. */
export function canonicalFields({ columns }: RowSchema, fields: FieldTexts): FieldTexts {
  return columns.map((column, c) => canonicalText(column, fields[c]));
}

/**
 * Decides about a row of a file: its typed values, or the reason why it is rejected. What is accepted
 * here and written by {@linkcode encodeCsvRow} is accepted with the same values by `checkMessage`.
 * @param fields as {@linkcode canonicalFields} gives them
 */
export function parseCsvRow(schema: RowSchema, fields: FieldTexts): CheckedRow {
  return checkRow(schema, ({ type }, i) => {
    const field = fields[i];
    if (field === undefined || field === "") return undefined;
    const isNumber = type === "double" || type === "long";
    return isNumber && NUMBER.test(field) ? exactNumber(field) : field;
  });
}

/**
 * The message of a row that {@linkcode parseCsvRow} accepted: a JSON object with the columns in the
 * schema's order, those without a value left out. Numbers keep the file's digits, as far as JSON can
 * write them.
 */
export function encodeCsvRow(schema: RowSchema, fields: FieldTexts): string {
  const members: string[] = [];
  for (let i = 0; i < schema.columns.length; i++) {
    const { wire, type } = schema.columns[i];
    const field = fields[i];
    if (field === undefined || field === "") continue;
    const isNumber = type === "double" || type === "long";
    const value = isNumber ? withoutLeadingZeros(field) : JSON.stringify(field);
    members.push(`${JSON.stringify(wire)}:${value}`);
  }
  return `{${members.join(",")}}`;
}

/** JSON does not know `007`. */
function withoutLeadingZeros(number: string): string {
  return number.replace(/^(-?)0+(?=\d)/, "$1");
}
