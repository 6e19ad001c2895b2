import protobuf from "protobufjs";
import type { ColumnType } from "../../schema/schema.ts";
import type { DraftColumn } from "../../schema/schema_draft.ts";
import { DECIMAL_COMMENT, NESTED_COMMENT, type WriterDraft } from "../writer_draft.ts";
import { isDecimal } from "./proto_value.ts";

const SCALARS: Readonly<Record<string, ColumnType>> = {
  double: "double",
  float: "double",
  int32: "long",
  int64: "long",
  uint32: "long",
  uint64: "long",
  sint32: "long",
  sint64: "long",
  fixed32: "long",
  fixed64: "long",
  sfixed32: "long",
  sfixed64: "long",
  string: "string",
  bytes: "string",
  bool: "string",
};

const COMMENTS: Readonly<Record<string, string>> = {
  bool: "true or false",
  bytes: "bytes, in base64",
  uint64: "a message with a value above 2^63 - 1 is a dead letter",
  fixed64: "a message with a value above 2^63 - 1 is a dead letter",
};

const WELL_KNOWN: Readonly<Record<string, ColumnType>> = {
  ".google.protobuf.Timestamp": "timestamp",
  ".google.type.Date": "date",
  ".google.type.Decimal": "double",
  ".confluent.type.Decimal": "double",
};

/** The columns of a message; the fields of a message inside it are columns by their path. */
export function protoDraft(message: protobuf.Type): WriterDraft {
  const columns: DraftColumn[] = [];
  const add = (field: protobuf.Field, prefix: string, outer: readonly protobuf.Type[]) => {
    const { name, resolvedType } = field.resolve();
    const wire = prefix + name;
    const own = columnOf(field);
    if (own !== undefined) {
      columns.push({ wire, ...own, required: prefix === "" && own.required });
    } else if (resolvedType instanceof protobuf.Type && !outer.includes(resolvedType)) {
      for (const inner of resolvedType.fieldsArray) {
        add(inner, `${wire}.`, [...outer, resolvedType]);
      }
    } else {
      columns.push({ wire, type: "string", required: false, comments: [NESTED_COMMENT] });
    }
  };
  for (const field of message.fieldsArray) add(field, "", [message]);
  return { columns, leftOut: [] };
}

/** A field as one column; `undefined` for a message whose fields are columns. */
function columnOf(field: protobuf.Field): Omit<DraftColumn, "wire"> | undefined {
  const { type, resolvedType, repeated, map, required, hasPresence } = field;
  if (repeated || map) return { type: "string", required: false, comments: [NESTED_COMMENT] };
  // Without presence, a value that is not set is the type's default; an empty text is no value.
  const isAlways = required || !(hasPresence || type === "string" || type === "bytes");
  if (resolvedType instanceof protobuf.Enum) return { type: "string", required: isAlways };
  if (resolvedType === null) {
    const comment = COMMENTS[type];
    return {
      type: SCALARS[type],
      required: isAlways,
      comments: comment === undefined ? [] : [comment],
    };
  }
  const { fullName } = resolvedType;
  if (Object.hasOwn(WELL_KNOWN, fullName)) {
    const comments = isDecimal(field) ? [DECIMAL_COMMENT] : [];
    return { type: WELL_KNOWN[fullName], required, comments };
  }
  const wrapped = /^\.google\.protobuf\.[A-Za-z0-9]+Value$/.test(fullName)
    ? resolvedType.fields.value
    : undefined;
  return wrapped === undefined ? undefined : { ...columnOf(wrapped.resolve())!, required: false };
}
