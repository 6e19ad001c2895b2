import { isUtf8 } from "node:buffer";
import { checkRow } from "./check_row.ts";
import { isJson } from "./is_json.ts";
import { valueText } from "./value_text.ts";
import type { CheckedRow } from "./row.ts";
import { parseJson } from "./parse_json.ts";
import { withoutNaN } from "./parse_nan.ts";
import type { Column, RowSchema } from "./schema.ts";

const decoder = new TextDecoder("utf-8");

/**
 * Checks a message: its typed values, or the reason why it is a dead letter.
 * Never throws, whatever the bytes.
 *
 * A message is a JSON object in UTF-8 with the schema's wire names. Other names in it are ignored;
 * of a name that comes twice the last value counts; `null` is no value. A number is a JSON number
 * that is finite as a double, and in a `long` column whole (so `1495365300.0` is a `long`) and at most
 * 2^53 - 1 in magnitude, or of 64 bits where it is written by digits alone; a number in quotes is none. Dates and timestamps are texts in the
 * forms of `parse_date.ts`.
 *
 * @param value the message's bytes; `null` for a tombstone
 * @param look sees the message's fields before the check, and may give a reason of its own
 */
export function checkMessage(
  schema: RowSchema,
  value: Uint8Array | null,
  look: (fields: Record<string, unknown>) => string | null = () => null,
): CheckedRow {
  if (value === null) return "no value (a tombstone)";
  if (value.length === 0) return "empty value";
  // Checked first: an exception costs more than ten good messages.
  if (!isUtf8(value)) return "not UTF-8";
  const text = decoder.decode(value);
  if (!isJson(withoutMark(value))) {
    const column = notANumber(schema, text);
    if (column !== undefined) return `not JSON: ${column.wire} is NaN or Infinity`;
    return `not JSON: ${valueText(text)}`;
  }
  const json = parseJson(text);
  // A nesting too deep for the engine.
  if (json === undefined) return `not JSON: ${valueText(text)}`;
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return `expected a JSON object, found ${valueText(json)}`;
  }
  const object = json as Record<string, unknown>;
  const refusal = look(object);
  if (refusal !== null) return refusal;
  return checkRow(
    schema,
    // Only the message's own names: a column may be called `constructor` or `__proto__`.
    ({ wire }) => Object.hasOwn(object, wire) ? object[wire] : undefined,
  );
}

/** The bytes behind a byte order mark, which is no part of the text. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const MARK = "\u0000NaN";

/** The column whose value is NaN or Infinity in a text that is JSON but for such words. */
function notANumber({ columns }: RowSchema, text: string): Column | undefined {
  if (!text.includes("NaN") && !text.includes("Infinity")) return undefined;
  const replaced = withoutNaN(text, () => JSON.stringify(MARK));
  if (replaced === null) return undefined;
  const json = parseJson(replaced);
  if (typeof json !== "object" || json === null) return undefined;
  const object = json as Record<string, unknown>;
  return columns.find(({ wire }) => Object.hasOwn(object, wire) && object[wire] === MARK);
}
