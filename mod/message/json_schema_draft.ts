import { parseJson } from "../schema/parse_json.ts";
import type { DraftColumn } from "../schema/schema_draft.ts";
import { atPath } from "../schema/at_path.ts";
import type { Fields } from "./fields.ts";
import type { WriterDraft } from "./writer_draft.ts";

/** What a property is as a column, without its name; a text: why it is none. */
type Kind = Pick<DraftColumn, "type" | "more" | "comments"> | string;

/** Maximum length of a chain of references. */
const MOST_REFERENCES = 20;

/**
 * The columns of a JSON Schema; the properties of an object inside it are columns by their path.
 * @throws {Error} when it describes no object
 */
export function jsonSchemaDraft(text: string): WriterDraft {
  const root = JSON.parse(text) as unknown;
  const columns: DraftColumn[] = [];
  const leftOut: string[] = [];
  const add = (json: unknown, wire: string, required: boolean, outer: readonly unknown[]) => {
    const { schema, isNullable } = resolved(json, root);
    const { properties } = schema;
    const isRequired = required && !isNullable;
    if (isObject(properties) && !outer.includes(schema)) {
      addAll(schema, `${wire}.`, isRequired, [...outer, schema]);
      return;
    }
    const kind = kindOf(schema);
    if (typeof kind === "string") leftOut.push(`${wire}: ${kind}`);
    else columns.push({ wire, required: isRequired, ...kind });
  };
  const addAll = (
    { properties, required }: Fields,
    prefix: string,
    isRequired: boolean,
    outer: readonly unknown[],
  ) => {
    const names = Array.isArray(required) ? required : [];
    for (const [name, json] of Object.entries(properties as Fields)) {
      add(json, prefix + name, isRequired && names.includes(name), outer);
    }
  };
  const { schema } = resolved(root, root);
  if (!isObject(schema.properties)) throw new Error("expected a JSON Schema with properties");
  addAll(schema, "", true, [schema]);
  return { columns, leftOut };
}

/** The object that a JSON Schema describes. */
export interface DescribedObject {
  properties: Fields;
  /** Whether it has no other properties. */
  isClosed: boolean;
}

/** What a JSON Schema says of its messages' properties; `undefined` if it says nothing. */
export function describedObject(text: string): DescribedObject | undefined {
  const root = parseJson(text);
  const { properties, additionalProperties, patternProperties } = resolved(root, root).schema;
  if (!isObject(properties)) return undefined;
  return {
    properties,
    isClosed: additionalProperties === false && patternProperties === undefined,
  };
}

/** The schema without the null that it may allow, and behind its references. */
function resolved(json: unknown, root: unknown): { schema: Fields; isNullable: boolean } {
  let isNullable = false;
  for (let steps = 0; isObject(json) && steps < MOST_REFERENCES; steps++) {
    const { $ref, type } = json;
    const any = json.oneOf ?? json.anyOf;
    if (typeof $ref === "string") {
      if (!$ref.startsWith("#")) return { schema: {}, isNullable };
      json = atPath(root, $ref.slice(1).split("/").slice(1).map(decodeURIComponent));
    } else if (Array.isArray(any)) {
      const others = any.filter((one) => !(isObject(one) && one.type === "null"));
      isNullable ||= others.length < any.length;
      if (others.length !== 1) return { schema: {}, isNullable };
      [json] = others;
    } else if (Array.isArray(type) && type.includes("null")) {
      isNullable = true;
      const types = type.filter((one) => one !== "null");
      json = { ...json, type: types.length === 1 ? types[0] : types };
    } else {
      return { schema: json, isNullable };
    }
  }
  return { schema: {}, isNullable };
}

/** Titles by which Kafka Connect marks its logical types. */
const CONNECT = "org.apache.kafka.connect.data.";

function kindOf({ type, format, title, enum: words }: Fields): Kind {
  switch (type) {
    case "string":
      if (format === "date") return { type: "date" };
      return { type: format === "date-time" ? "timestamp" : "string" };
    case "integer":
      return title === `${CONNECT}Timestamp`
        ? { type: "timestamp", more: { format: "epoch_ms" } }
        : { type: "long" };
    case "number":
      return title === `${CONNECT}Decimal`
        ? { type: "double", comments: ["a decimal, read as a double"] }
        : { type: "double" };
    case "array":
      return 'an array; "rows" makes a row of each element, see `ticklake schema reference`';
    case "boolean":
      return "no column of JSON messages takes true and false";
    default:
      if (Array.isArray(words) && words.every((word) => typeof word === "string")) {
        return { type: "string" };
      }
      return `no column takes what it allows: ${JSON.stringify(type ?? "any type")}`;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
