import { canonicalText } from "../schema/canonical_value.ts";
import { exactNumber } from "../schema/exact_number.ts";
import type { Column } from "../schema/schema.ts";

/** What is nested, as JSON; integers beyond 2^53 keep their digits. */
export function jsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) => typeof part === "bigint" ? rawJson(String(part)) : part,
  );
}

/** Of the JSON.parse source text access proposal, which V8 has. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A value in the form that the strict check takes, or as it is where that is not allowed. */
export function plainValue(
  column: Column,
  value: unknown,
  takesText: boolean,
  lenient: ReadonlySet<string> = new Set(),
): unknown {
  const { type } = column;
  if (type === "double" || type === "long") {
    if (typeof value !== "string" || !(takesText || column.number === "lenient")) return value;
    const text = canonicalText(column, value);
    return text !== undefined && NUMBER.test(text) ? exactNumber(text) : text;
  }
  if (type !== "date" && type !== "timestamp") return value;
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "string") {
    return value;
  }
  const epochs = [...lenient].filter((word) => word.startsWith("epoch_"));
  const format = [...column.format ?? [], ...epochs];
  const text = canonicalText({ ...column, format }, String(value));
  // If no format fits, the reason shows what was found.
  return text === String(value) ? value : text;
}
