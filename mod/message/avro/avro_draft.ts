import type avro from "avsc";
import type { DraftColumn } from "../../schema/schema_draft.ts";
import { DECIMAL_COMMENT, NESTED_COMMENT, type WriterDraft } from "../writer_draft.ts";

type AvroType = avro.Type & {
  /** Of a record. */
  fields?: ReadonlyArray<{ name: string; type: avro.Type }>;
  /** Of a union. */
  types?: readonly avro.Type[];
};

/** What a field is as a column, without its name; a text: why it is none. */
type Kind = Pick<DraftColumn, "type" | "comments"> | string;

const text: Kind = { type: "string" };
const whole: Kind = { type: "long" };
const real: Kind = { type: "double" };

const finer = (unit: string): Kind => ({
  type: "timestamp",
  comments: [`${unit} are truncated to milliseconds`],
});
const local = (kind: Exclude<Kind, string>): Kind => ({
  ...kind,
  comments: [...kind.comments ?? [], "a local time, read as UTC"],
});
const micros = finer("microseconds") as Exclude<Kind, string>;
const nanos = finer("nanoseconds") as Exclude<Kind, string>;

/** By `typeName`, which of a logical type is its own name. */
const KINDS: Readonly<Record<string, Kind>> = {
  string: text,
  enum: text,
  boolean: { type: "string", comments: ["true or false"] },
  bytes: { type: "string", comments: ["bytes, in base64"] },
  fixed: { type: "string", comments: ["bytes, in base64"] },
  int: whole,
  long: whole,
  float: real,
  double: real,
  array: { type: "string", comments: [NESTED_COMMENT] },
  map: { type: "string", comments: [NESTED_COMMENT] },
  "logical:date": { type: "date" },
  "logical:timestamp-millis": { type: "timestamp" },
  "logical:timestamp-micros": micros,
  "logical:timestamp-nanos": nanos,
  "logical:local-timestamp-millis": local({ type: "timestamp" }),
  "logical:local-timestamp-micros": local(micros),
  "logical:local-timestamp-nanos": local(nanos),
  "logical:decimal": { type: "double", comments: [DECIMAL_COMMENT] },
};

/** The columns of a record; the fields of a record inside it are columns by their path. */
export function avroDraft(record: avro.Type): WriterDraft {
  const columns: DraftColumn[] = [];
  const leftOut: string[] = [];
  const add = (type: AvroType, wire: string, required: boolean, outer: readonly avro.Type[]) => {
    const others = (type.types ?? [type]).filter(({ typeName }) => typeName !== "null");
    const isRequired = required && others.length === (type.types?.length ?? 1);
    const [own] = others as AvroType[];
    if (others.length === 1 && own.fields !== undefined && !outer.includes(own)) {
      for (const field of own.fields) {
        add(field.type as AvroType, `${wire}.${field.name}`, isRequired, [...outer, own]);
      }
      return;
    }
    const kind = kindOf(others);
    if (typeof kind === "string") leftOut.push(`${wire}: ${kind}`);
    else columns.push({ wire, required: isRequired, ...kind });
  };
  for (const { name, type } of (record as AvroType).fields ?? []) {
    add(type as AvroType, name, true, [record]);
  }
  return { columns, leftOut };
}

/** What the types of a union have in common, which is usually one besides null. */
function kindOf(types: readonly avro.Type[]): Kind {
  if (types.length === 0) return "it is always null";
  const kinds = types.map(({ typeName }) =>
    // A record that contains itself has no path of its own.
    typeName === "record" ? KINDS.map : KINDS[typeName] ?? `it is of the type ${typeName}`
  );
  const [first, ...more] = kinds;
  const typeOf = (kind: Kind) => typeof kind === "string" ? undefined : kind.type;
  if (more.every((kind) => typeOf(kind) === typeOf(first))) return first;
  const isNumbers = kinds.every((kind) => kind === whole || kind === real);
  const names = types.map(({ typeName }) => typeName).join(", ");
  return isNumbers ? real : `it can be each of ${names}`;
}
