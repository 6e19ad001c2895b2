import { valueText } from "./value_text.ts";
import { type DateFault, parseDate, parseTimestamp } from "./parse_date.ts";
import type { Column } from "./schema.ts";

/**
 * One column's value out of a value of JSON: what {@linkcode TypedRow} holds, `null` for none, or
 * the reason why it cannot stand there. `undefined`, `null` and, in a `string` column, the empty
 * text count as no value.
 */
export function checkValue(column: Column, value: unknown): CheckedValue {
  if (value === undefined || value === null || (value === "" && column.type === "string")) {
    return column.required ? rejected(`${column.wire} is missing`) : null;
  }
  switch (column.type) {
    case "string":
      return checkText(column, value);
    case "double":
    case "long":
      return checkNumber(column, value);
    case "date":
      return dated(column, value, "YYYY-MM-DD", parseDate);
    case "timestamp":
      return dated(column, value, "YYYY-MM-DD HH:MM:SS", parseTimestamp);
  }
}

/** What {@linkcode checkValue} comes to. */
export type CheckedValue = string | number | bigint | null | RejectedValue;

/** A value that cannot stand in its column. */
export interface RejectedValue {
  reason: string;
}

/** A reason as {@linkcode checkValue} returns it. */
export function rejected(reason: string): RejectedValue {
  return { reason };
}

function checkText(column: Column, value: unknown): CheckedValue {
  const { wire, maxLength = Infinity } = column;
  if (typeof value !== "string") {
    return rejected(`${wire}: expected text, found ${valueText(value)}`);
  }
  if (!value.isWellFormed()) {
    return rejected(`${wire}: half of a surrogate pair in ${valueText(value)}`);
  }
  // A UTF-16 unit is one to three bytes of UTF-8, so that most texts need no counting.
  if (
    value.length > maxLength ||
    (value.length * 3 > maxLength && encoder.encode(value).length > maxLength)
  ) {
    return rejected(`${wire} is longer than ${maxLength} bytes: ${valueText(value)}`);
  }
  return value;
}

const encoder = new TextEncoder();

/** The least and the greatest whole number of 64 bits. */
const [LEAST_LONG, GREATEST_LONG] = [-(2n ** 63n), 2n ** 63n - 1n];

function checkWideLong({ wire, min, max }: Column, value: bigint): CheckedValue {
  if (value < LEAST_LONG || value > GREATEST_LONG) {
    return rejected(`${wire}: number out of range, found ${value}`);
  }
  if (min !== undefined && value < min) return rejected(`${wire} ${value} is below ${min}`);
  if (max !== undefined && value > max) return rejected(`${wire} ${value} is above ${max}`);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function checkNumber(column: Column, value: unknown): CheckedValue {
  const { wire, type, min = -Infinity, max = Infinity } = column;
  if (typeof value === "bigint") {
    if (type === "long") return checkWideLong(column, value);
    value = Number(value);
  }
  if (typeof value !== "number") {
    return rejected(`${wire}: expected a number, found ${valueText(value)}`);
  }
  if (!Number.isFinite(value)) return rejected(`${wire}: number out of range`);
  if (type === "long" && !Number.isSafeInteger(value)) {
    return rejected(
      Number.isInteger(value)
        ? `${wire}: number out of range, found ${value}`
        : `${wire}: expected a whole number, found ${value}`,
    );
  }
  if (value < min) return rejected(`${wire} ${value} is below ${min}`);
  if (value > max) return rejected(`${wire} ${value} is above ${max}`);
  return value;
}

function dated(
  column: Column,
  value: unknown,
  form: string,
  parse: (text: string) => number | DateFault,
): CheckedValue {
  const result = typeof value === "string" ? parse(value) : "form";
  if (typeof result === "number") return result;
  if (result === "day") return rejected(`${column.wire}: no such day ${valueText(value)}`);
  if (result === "time") return rejected(`${column.wire}: no such time ${valueText(value)}`);
  const forms = [...column.format ?? [], form].join(" or ");
  return rejected(`${column.wire}: expected ${forms}, found ${valueText(value)}`);
}
