import { checkMessage } from "../schema/check_message.ts";
import { checkRow } from "../schema/check_row.ts";
import type { MessageCheck, MessageRecord } from "../schema/message_reader.ts";
import type { CheckedMessage, CheckedRow } from "../schema/row.ts";
import type { RowSchema } from "../schema/schema.ts";
import { valueText } from "../schema/value_text.ts";
import { arrayRows } from "./array_rows.ts";
import { decodeValue } from "./decode_value.ts";
import type { Fields } from "./fields.ts";
import { fieldFinder } from "./find_field.ts";
import { NOT_A_NUMBER } from "./not_a_number.ts";
import { jsonText, plainValue } from "./plain_value.ts";
import { recordText } from "./record_text.ts";
import { unknownFieldFinder } from "./unknown_fields.ts";
import { isOfRecord } from "../schema/is_of_record.ts";

/**
 * What decides about messages that the reader's fast path leaves: the strict check, or, where the
 * schema declares it, one that takes messages as they come.
 * @param onUnknown called with the first field of a message that the schema does not know
 */
export function messageCheck(
  schema: RowSchema,
  onUnknown: (name: string) => void = () => {},
): MessageCheck {
  const unknownField = unknownFieldFinder(schema);
  const strict = isStrict(schema);
  return (value, record) => {
    // Reported once per message, also if it has several rows.
    let isTold = false;
    const look = (fields: Fields) => {
      const name = unknownField(fields);
      if (name === undefined) return null;
      if (schema.strictFields) return `unknown field ${valueText(name)}`;
      if (!isTold) onUnknown(name);
      isTold = true;
      return null;
    };
    return strict ? checkMessage(schema, value, look) : lenientRow(schema, value, look, record);
  };
}

function isStrict({ columns, rows, lenient = [] }: RowSchema): boolean {
  return rows === undefined && lenient.length === 0 &&
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
): CheckedMessage {
  const lenient = new Set(schema.lenient);
  const needsFields = schema.rows !== undefined ||
    schema.columns.some(({ from }) => from === undefined);
  const decoded = needsFields ? decodeValue(value, schema, lenient) : NO_FIELDS;
  if (typeof decoded === "string") return decoded;
  const { isText } = decoded;
  const findOutside = fieldFinder(decoded.fields as Fields, lenient.has("names"));
  const rowOf = (fields: Fields, index: number): CheckedRow => {
    // If the element is itself an array, the names are indexes.
    const refusal = Array.isArray(fields) ? null : look(fields);
    if (refusal !== null) return refusal;
    return fieldsRow(schema, { lenient, fields, isText, index, findOutside, value, record });
  };
  return schema.rows === undefined
    ? rowOf(decoded.fields as Fields, 0)
    : arrayRows(decoded.fields, schema.rows, (element, index) => rowOf(element as Fields, index));
}

const NO_FIELDS = { fields: {}, isText: false };

/** What a row is read from. */
interface RowSource {
  lenient: ReadonlySet<string>;
  fields: Fields;
  isText: boolean;
  /** Its place in the message's array. */
  index: number;
  /** Finds a field of the whole message, of which the fields may be a part. */
  findOutside: ReturnType<typeof fieldFinder>;
  value: Uint8Array;
  record: MessageRecord | undefined;
}

function fieldsRow(schema: RowSchema, source: RowSource): CheckedRow {
  const { lenient, fields, isText, index, findOutside, value, record } = source;
  const find = fieldFinder(fields, lenient.has("names"));
  let reason: string | undefined;
  const row = checkRow(schema, (column) => {
    const { from } = column;
    if (from === "index") return index;
    if (isOfRecord(from)) {
      const text = recordText(from, value, record);
      return text === undefined ? undefined : plainValue(column, text, true);
    }
    const own = from === "message" ? findOutside(column) : find(column);
    if (typeof own === "object" && own !== null && column.type === "string") {
      return jsonText(own);
    }
    if (own === NOT_A_NUMBER) {
      if (column.required || !lenient.has("nan")) {
        reason ??= `not JSON: ${column.wire} is NaN or Infinity`;
      }
      return undefined;
    }
    return plainValue(column, own, isText || lenient.has("numbers"), lenient);
  });
  return reason ?? row;
}
