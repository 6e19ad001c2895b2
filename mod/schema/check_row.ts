import { isoDay } from "./calendar.ts";
import { type CheckedValue, checkValue } from "./check_value.ts";
import type { CheckedRow, TypedRow } from "./row.ts";
import type { Column, RowSchema } from "./schema.ts";

/** Maximum reasons that one rejection names. */
const MAX_REASONS = 3;

/**
 * Checks a row's values against the schema: types, required columns, bounds and the rules over two
 * columns.
 * @param valueOf gives a column's value as JSON would: text, number, `null` or `undefined`
 * @param check of one value, where values are not JSON's
 */
export function checkRow(
  schema: RowSchema,
  valueOf: (column: Column, index: number) => unknown,
  check: (column: Column, value: unknown, index: number) => CheckedValue = checkValue,
): CheckedRow {
  const row: TypedRow = [];
  const reasons: string[] = [];
  for (let i = 0; i < schema.columns.length; i++) {
    const column = schema.columns[i];
    const value = check(column, valueOf(column, i), i);
    if (value !== null && typeof value === "object") {
      reasons.push(value.reason);
      row.push(null);
    } else {
      row.push(value);
    }
  }
  for (const { column, than } of schema.notBelow) {
    const upper = indexOf(schema, column);
    const lower = indexOf(schema, than);
    const [a, b] = [row[upper], row[lower]];
    if (isNumber(a) && isNumber(b) && a < b) {
      const show = (value: number | bigint, index: number) => shown(schema.columns[index], value);
      reasons.push(`${column} ${show(a, upper)} is below ${than} ${show(b, lower)}`);
    }
  }
  return reasons.length === 0 ? row : joined(reasons);
}

function indexOf(schema: RowSchema, wire: string): number {
  return schema.columns.findIndex((column) => column.wire === wire);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function shown({ type }: Column, value: number | bigint): string {
  if (type === "date") return isoDay(Number(value));
  return type === "timestamp" ? new Date(Number(value)).toISOString() : String(value);
}

function joined(reasons: string[]): string {
  const more = reasons.length - MAX_REASONS;
  const text = reasons.slice(0, MAX_REASONS).join("; ");
  return more > 0 ? `${text}; and ${more} more` : text;
}
