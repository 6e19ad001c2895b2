import { checkMessage } from "../schema/check_message.ts";
import { checkRow } from "../schema/check_row.ts";
import type { MessageCheck, MessageRecord } from "../schema/message_reader.ts";
import type { CheckedRow } from "../schema/row.ts";
import type { RowSchema } from "../schema/schema.ts";
import { valueText } from "../schema/value_text.ts";
import { decodeValue } from "./decode_value.ts";
import type { Fields } from "./fields.ts";
import { fieldFinder } from "./find_field.ts";
import { NOT_A_NUMBER } from "./not_a_number.ts";
import { jsonText, plainValue } from "./plain_value.ts";
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
