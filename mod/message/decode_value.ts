import { parseJson } from "../schema/parse_json.ts";
import { withoutNaN } from "../schema/parse_nan.ts";
import type { RowSchema } from "../schema/schema.ts";
import { valueText } from "../schema/value_text.ts";
import { csvFields } from "./csv_fields.ts";
import type { Fields } from "./fields.ts";
import { NOT_A_NUMBER } from "./not_a_number.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** What a message that is no plain JSON object says. */
export interface DecodedValue {
  /** Its fields; where the schema takes the rows of an array, also what is no object. */
  fields: Fields | unknown[];
  /** Whether all values are texts as files have them, since it is a line of CSV. */
  isText: boolean;
}

/**
 * The fields of a message that is more than a plain JSON object, or the reason why it has none.
 */
export function decodeValue(
  value: Uint8Array,
  schema: RowSchema,
  lenient: ReadonlySet<string>,
): DecodedValue | string {
  if (value.length === 0) return "empty value";
  let text: string;
  try {
    text = decoder.decode(value);
  } catch {
    return "not UTF-8";
  }
  let json = parsed(text);
  if (lenient.has("twice") && typeof json === "string") json = parsed(json);
  if (lenient.has("csv") && (json === undefined || typeof json !== "object")) {
    const fields = csvFields(text, schema);
    return typeof fields === "string" ? fields : { fields, isText: true };
  }
  if (json === undefined) return `not JSON: ${valueText(text)}`;
  if (lenient.has("envelope") && isObject(json) && "schema" in json && "payload" in json) {
    json = json.payload;
  }
  const isRow = isObject(json) || (schema.rows === "." && Array.isArray(json));
  return isRow
    ? { fields: json as DecodedValue["fields"], isText: false }
    : `expected a JSON object, found ${valueText(json)}`;
}

/** JSON, also with NaN and Infinity, which the check then names or takes for no value. */
function parsed(text: string): unknown {
  const json = parseJson(text);
  if (json !== undefined) return json;
  const replaced = withoutNaN(text, () => JSON.stringify(NOT_A_NUMBER));
  return replaced === null ? undefined : parseJson(replaced);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
