import { canonicalText } from "../schema/canonical_value.ts";
import { checkMessage } from "../schema/check_message.ts";
import { checkRow } from "../schema/check_row.ts";
import type { MessageCheck, MessageRecord } from "../schema/message_reader.ts";
import type { CheckedRow } from "../schema/row.ts";
import type { Column, RowSchema } from "../schema/schema.ts";
import { valueText } from "../schema/value_text.ts";
import { decodeValue } from "./decode_value.ts";
import type { Fields } from "./fields.ts";
import { fieldFinder } from "./find_field.ts";
import { NOT_A_NUMBER } from "./not_a_number.ts";
import { recordText } from "./record_text.ts";
import { unknownFieldFinder } from "./unknown_fields.ts";

/**
 * What decides about messages that the reader's fast path leaves: the strict check, or, where the schema
 * declares it, one that takes messages as they come.
 * @param onUnknown told of the first field of a message that the schema does not know
 */
export function messageCheck(
  schema: RowSchema,
  onUnknown: (name: string) => void = () => {},
): MessageCheck {
  const unknownField = unknownFieldFinder(schema);
  const look = (fields: Fields) => {
    const name = unknownField(fields);
    if (name === undefined) return null;
    if (schema.strictFields) return `unknown field ${valueText(name)}`;
    onUnknown(name);
    return null;
  };
  return isStrict(schema)
    ? (value) => checkMessage(schema, value, look)
    : (value, record) => lenientRow(schema, value, look, record);
}

function isStrict({ columns, lenient = [] }: RowSchema): boolean {
  return lenient.length === 0 &&
    columns.every(({ wire, format, number, time, from }) =>
      format === undefined && number === undefined && time === undefined && from === undefined &&
      !wire.includes(".")
    );
}

function lenientRow(
  schema: RowSchema,
  value: Uint8Array,
  look: (fields: Fields) => string | null,
  record?: MessageRecord,
): CheckedRow {
  const lenient = new Set(schema.lenient);
  const needsFields = schema.columns.some(({ from }) => from === undefined);
  const decoded: Fields | string = needsFields ? decodeValue(value, schema, lenient) : {};
  if (typeof decoded === "string") return decoded;
  const refusal = look(decoded);
  if (refusal !== null) return refusal;
  const find = fieldFinder(decoded, lenient.has("names"));
  let reason: string | undefined;
  const row = checkRow(schema, (column) => {
    if (column.from !== undefined) {
      const text = recordText(column.from, value, record);
      return text === undefined ? undefined : plainValue(column, text, true);
    }
    const own = find(column);
    if (typeof own === "object" && own !== null && column.type === "string") {
      return jsonText(own);
    }
    if (own === NOT_A_NUMBER) {
      if (column.required || !lenient.has("nan")) {
        reason ??= `not JSON: ${column.wire} is NaN or Infinity`;
      }
      return undefined;
    }
    return plainValue(column, own, lenient.has("numbers"), lenient);
  });
  return reason ?? row;
}

/** What is nested, as JSON; whole numbers beyond 2^53 keep their digits. */
function jsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) => typeof part === "bigint" ? rawJson(String(part)) : part,
  );
}

/** Of the JSON.parse source text access proposal, which V8 has. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A value in the form that the strict check takes, or as it is where that is not allowed. */
function plainValue(
  column: Column,
  value: unknown,
  takesText: boolean,
  lenient: ReadonlySet<string> = new Set(),
): unknown {
  const { type } = column;
  if (type === "double" || type === "long") {
    if (typeof value !== "string" || !(takesText || column.number === "lenient")) return value;
    const text = canonicalText(column, value);
    return text !== undefined && NUMBER.test(text) ? Number(text) : text;
  }
  if (type !== "date" && type !== "timestamp") return value;
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "string") {
    return value;
  }
  const epochs = [...lenient].filter((word) => word.startsWith("epoch_"));
  const format = [...column.format ?? [], ...epochs];
  const text = canonicalText({ ...column, format }, String(value));
  // Where no form fits, the reason names what was found.
  return text === String(value) ? value : text;
}
