import protobuf from "protobufjs";
import type { Fields } from "../fields.ts";
import { Instant } from "../payload.ts";
import { unscaled } from "../unscaled.ts";

/** Converts a value that `protobufjs` has decoded to the form that columns are read from. */
export type ProtoValue = (value: unknown) => unknown;

/** The fields of messages of a type, by their names in the `.proto` file. */
export type ProtoFields = (message: Fields) => Fields;

/** Types whose numbers `protobufjs` decodes to objects of two 32-bit halves. */
const LONGS = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

const WELL_KNOWN: Readonly<Record<string, (message: Fields) => unknown>> = {
  ".google.protobuf.Timestamp": ({ seconds, nanos }) =>
    new Instant(Number(wholeNumber(seconds)) * 1000 + Math.floor(Number(nanos ?? 0) / 1e6), false),
  ".google.type.Date": ({ year, month, day }) => dayOf(Number(year), Number(month), Number(day)),
  ".google.type.Decimal": ({ value }) => numberOf(String(value ?? "")),
  ".confluent.type.Decimal": ({ value, scale }) =>
    Number(`${unscaled(value as Uint8Array)}e${-Number(scale ?? 0)}`),
};

/** Whether a type is read as a double although it is exact. */
export function isDecimal({ resolvedType }: protobuf.Field): boolean {
  return /^\.(google|confluent)\.type\.Decimal$/.test(resolvedType?.fullName ?? "");
}

/**
 * Reads the fields of a type's messages. An unset field without presence has its type's default; an
 * unset field with presence is omitted.
 */
export function protoFields(
  type: protobuf.Type,
  known: Map<protobuf.Type, ProtoFields> = new Map(),
): ProtoFields {
  const found = known.get(type);
  if (found !== undefined) return found;
  let readers: Array<readonly [name: string, read: ProtoValue, isAlways: boolean]> | undefined;
  const fields = (message: Fields): Fields => {
    // Lazily: a type may contain itself.
    readers ??= type.fieldsArray.map((field) =>
      [field.name, fieldValue(field, known), isAlwaysThere(field)] as const
    );
    const own: Fields = new (Own as unknown as { new (): Fields })();
    for (const [name, read, isAlways] of readers) {
      if (isAlways || Object.hasOwn(message, name)) own[name] = read(message[name]);
    }
    return own;
  };
  known.set(type, fields);
  return fields;
}

/**
 * Makes objects that inherit nothing, as `Object.create(null)` does, but with a hidden class: a field costs a
 * store instead of a hash table entry.
 */
function Own() {}
Own.prototype = Object.create(null);

function isAlwaysThere(field: protobuf.Field): boolean {
  const { repeated, map, resolvedType, hasPresence } = field.resolve();
  return repeated || map || !(hasPresence || resolvedType instanceof protobuf.Type);
}

function fieldValue(field: protobuf.Field, known: Map<protobuf.Type, ProtoFields>): ProtoValue {
  const read = elementValue(field.resolve(), known);
  if (field.map) {
    return (map) =>
      Object.fromEntries(Object.entries(map as Fields).map(([key, value]) => [key, read(value)]));
  }
  return field.repeated ? (list) => (list as unknown[]).map(read) : read;
}

function elementValue(field: protobuf.Field, known: Map<protobuf.Type, ProtoFields>): ProtoValue {
  const { type, resolvedType } = field;
  if (LONGS.has(type)) return wholeNumber;
  if (type === "bytes") return (bytes) => new Uint8Array(bytes as Uint8Array).toBase64();
  if (resolvedType instanceof protobuf.Enum) {
    const { valuesById } = resolvedType;
    return (value) => valuesById[value as number] ?? value;
  }
  if (!(resolvedType instanceof protobuf.Type)) return (value) => value;
  const { fullName } = resolvedType;
  if (Object.hasOwn(WELL_KNOWN, fullName)) {
    return (message) => WELL_KNOWN[fullName](message as Fields);
  }
  const fields = protoFields(resolvedType, known);
  if (/^\.google\.protobuf\.[A-Za-z0-9]+Value$/.test(fullName) && "value" in resolvedType.fields) {
    return (message) => fields(message as Fields).value;
  }
  return (message) => fields(message as Fields);
}

interface Long {
  toNumber(): number;
  toString(): string;
}

function wholeNumber(value: unknown): number | bigint {
  if (typeof value !== "object" || value === null) return value as number ?? 0;
  const long = value as Long;
  const number = long.toNumber();
  return Number.isSafeInteger(number) ? number : BigInt(long.toString());
}

/** The last day read: consecutive messages often have the same. */
let last = { year: 1970, month: 1, day: 1, instant: new Instant(0, true) };

/** The day; an impossible date as text, so that the reason names it. */
function dayOf(year: number, month: number, day: number): Instant | string {
  const isLast = year === last.year && month === last.month && day === last.day;
  if (isLast) return last.instant;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && year > 0) {
    if (date.getUTCDate() === day) {
      const instant = new Instant(date.getTime(), true);
      last = { year, month, day, instant };
      return instant;
    }
  }
  const two = (number: number) => String(number).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function numberOf(text: string): number | string {
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? text : number;
}
