import { DAY_MS, hasDay } from "../../schema/calendar.ts";
import type { RowArrays, RowScan } from "../../schema/message_reader.ts";
import { scanDay } from "../../schema/scan_value.ts";
import type { Column, RowSchema } from "../../schema/schema.ts";

/** How a field's bytes are read, and what becomes of them. */
const enum Op {
  SkipVarint,
  SkipFloat,
  SkipDouble,
  SkipBoolean,
  SkipBytes,
  /** Into a double or long column. */
  Whole,
  Float,
  Double,
  /** Bytes of a decimal into a double column. */
  Decimal,
  /** A string into a string column. */
  Text,
  /** Days into a date column. */
  Days,
  /** A string into a date column. */
  DayText,
  /** Units of a second into a timestamp column. */
  Instant,
}

/** An Avro type as JSON has it. */
type AvroType = string | AvroObject | readonly AvroType[];

interface AvroObject {
  type: unknown;
  logicalType?: string;
  scale?: number;
}

/** What a record's field holds, without the null that it may be. */
interface FieldType {
  base: string;
  logicalType?: string;
  /** Decimals of a decimal. */
  scale: number;
  /** Place of null in the field's union, -1 if it must have a value. */
  nullBranch: number;
}

/** Units of a millisecond. */
const UNITS: Readonly<Record<string, number>> = {
  "timestamp-millis": 1,
  "local-timestamp-millis": 1,
  "timestamp-micros": 1e3,
  "local-timestamp-micros": 1e3,
};

/** A field of the record, as it is compiled. */
export interface ScannedField {
  type: unknown;
  /** Column that it becomes, -1 if it becomes none. */
  column: number;
}

/**
 * Compiles a reader of a record's bytes. It accepts only what the check would accept with the same values,
 * and leaves everything else to the check: damaged payloads, non-ASCII strings, numbers beyond 2^53.
 * @param fields in the record's order
 * @returns `undefined` if the schema has a type that is not read this way
 */
export function avroScan(
  schema: RowSchema,
  fields: readonly ScannedField[],
): RowScan | undefined {
  const { columns } = schema;
  const count = fields.length;
  const ops = new Uint8Array(count);
  const targets = new Int32Array(count);
  const nullBranches = new Int8Array(count);
  const units = new Float64Array(count);
  const isInt = new Uint8Array(count);
  for (let f = 0; f < count; f++) {
    const { type, column } = fields[f];
    const own = fieldType(type as AvroType);
    const op = own === undefined ? undefined : opOf(own, columns[column]);
    if (own === undefined || op === undefined) return undefined;
    ops[f] = op;
    isInt[f] = own.base === "int" ? 1 : 0;
    targets[f] = column;
    nullBranches[f] = own.nullBranch;
    units[f] = own.logicalType === "decimal" ? 10 ** own.scale : UNITS[own.logicalType ?? ""] ?? 1;
  }
  const found = new Set(targets);
  const left = columns.flatMap((_, c) => found.has(c) ? [] : [c]);
  if (left.some((c) => columns[c].required)) return undefined;
  const isLong = columns.map(({ type }) => type === "long");
  const required = columns.map(({ required }) => required);
  const min = Float64Array.from(columns, ({ min }) => min ?? -Infinity);
  const max = Float64Array.from(columns, ({ max }) => max ?? Infinity);
  const maxLength = Int32Array.from(columns, ({ maxLength }) => maxLength ?? 0x7fffffff);
  const place = (name: string) => columns.findIndex(({ wire }) => wire === name);
  const rules = schema.notBelow.map(({ column, than }) => [place(column), place(than)] as const);

  return (bytes: Uint8Array, at: number, into: RowArrays): boolean => {
    const { numbers, starts, ends, absent } = into;
    const end = bytes.length;
    for (let f = 0; f < count; f++) {
      const c = targets[f];
      const nullBranch = nullBranches[f];
      if (nullBranch >= 0) {
        const branch = bytes[at++];
        if (branch === nullBranch << 1) {
          if (c < 0) continue;
          if (required[c]) return false;
          leaveOut(into, c);
          continue;
        }
        if (branch !== 2 - (nullBranch << 1)) return false;
      }
      switch (ops[f]) {
        case Op.Whole:
        case Op.Days:
        case Op.Instant: {
          const byte = bytes[at];
          if (byte < 0x80) {
            varint = byte;
            at++;
          } else {
            at = readVarint(bytes, at);
            if (at === 0) return false;
          }
          let number = varint % 2 === 0 ? varint / 2 : -(varint + 1) / 2;
          if (isInt[f] === 1 && (number | 0) !== number) return false;
          if (ops[f] === Op.Whole) {
            if (!(number >= min[c] && number <= max[c])) return false;
          } else if (ops[f] === Op.Instant) {
            number = Math.floor(number / units[f]);
            if (!hasDay(number)) return false;
          } else if (!hasDay(number * DAY_MS)) {
            return false;
          }
          numbers[c] = number;
          absent[c] = 0;
          break;
        }
        case Op.Double: {
          for (let i = 0; i < 8; i++) eight[i] = bytes[at + i];
          at += 8;
          const number = asDouble[0];
          if (!(number >= min[c] && number <= max[c])) return false;
          if (isLong[c] ? !Number.isSafeInteger(number) : !Number.isFinite(number)) return false;
          numbers[c] = number;
          absent[c] = 0;
          break;
        }
        case Op.Float: {
          for (let i = 0; i < 4; i++) eight[i] = bytes[at + i];
          at += 4;
          const number = asFloat[0];
          if (!(number >= min[c] && number <= max[c])) return false;
          if (isLong[c] ? !Number.isSafeInteger(number) : !Number.isFinite(number)) return false;
          numbers[c] = number;
          absent[c] = 0;
          break;
        }
        case Op.Decimal: {
          const size = bytes[at++];
          // Up to six bytes are exact as a double, as is a power of ten up to 10^22, so the division rounds once.
          if (!(size <= 12) || size % 2 !== 0 || size === 0) return false;
          let number = bytes[at] >= 0x80 ? -1 : 0;
          for (let i = size / 2; i > 0; i--) number = number * 256 + bytes[at++];
          number /= units[f];
          if (!(number >= min[c] && number <= max[c])) return false;
          numbers[c] = number;
          absent[c] = 0;
          break;
        }
        case Op.Text:
        case Op.DayText: {
          const length = bytes[at++];
          // Of up to 63 bytes: an even number below 128.
          if (!(length < 0x80) || length % 2 !== 0 || length === 0) return false;
          const start = at;
          at += length / 2;
          if (at > end) return false;
          if (ops[f] === Op.DayText) {
            if (length !== 20) return false;
            const days = scanDay(bytes, start);
            if (days !== days) return false;
            numbers[c] = days;
          } else {
            if (at - start > maxLength[c]) return false;
            for (let i = start; i < at; i++) if (bytes[i] >= 0x80) return false;
            starts[c] = start;
            ends[c] = at;
          }
          absent[c] = 0;
          break;
        }
        case Op.SkipVarint:
          at = readVarint(bytes, at);
          if (at === 0) return false;
          break;
        case Op.SkipDouble:
          at += 8;
          break;
        case Op.SkipFloat:
          at += 4;
          break;
        case Op.SkipBoolean:
          if (bytes[at++] > 1) return false;
          break;
        case Op.SkipBytes:
          at = readVarint(bytes, at);
          if (at === 0 || varint % 2 !== 0) return false;
          at += varint / 2;
          break;
      }
    }
    if (at !== end) return false;
    for (let i = 0; i < left.length; i++) leaveOut(into, left[i]);
    for (let i = 0; i < rules.length; i++) {
      const [column, than] = rules[i];
      if (numbers[column] < numbers[than] && absent[column] + absent[than] === 0) return false;
    }
    return true;
  };
}

/** What {@linkcode readVarint} has read, not yet from zigzag. */
let varint = 0;

const eight = new Uint8Array(8);
const asDouble = new Float64Array(eight.buffer);
const asFloat = new Float32Array(eight.buffer);

/** Bytes of a varint whose value is exact as a double. */
const EXACT_BYTES = 7;

/** @returns where it ends; 0 if it is cut off, or wider than a double holds exactly */
function readVarint(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < EXACT_BYTES; i++) {
    const byte = bytes[at++];
    if (byte === undefined) return 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      varint = value;
      return at;
    }
    scale *= 128;
  }
  // Four more bits fit into a double: microseconds need an eighth byte.
  const byte = bytes[at++];
  if (!(byte < 0x10)) return 0;
  varint = value + byte * scale;
  return at;
}

function leaveOut({ numbers, starts, ends, absent }: RowArrays, c: number): void {
  absent[c] = 1;
  numbers[c] = 0;
  starts[c] = ends[c] = 0;
}

function opOf({ base, logicalType, scale }: FieldType, column: Column | undefined): Op | undefined {
  if (column === undefined) return SKIP[base];
  const { type } = column;
  const isInstant = logicalType !== undefined && logicalType in UNITS;
  switch (type) {
    case "double":
    case "long":
      if (logicalType === "date" || logicalType?.includes("timestamp")) return undefined;
      if (base === "int" || base === "long") return Op.Whole;
      if (base === "bytes" && logicalType === "decimal" && type === "double" && scale <= 22) {
        return Op.Decimal;
      }
      return base === "float" ? Op.Float : base === "double" ? Op.Double : undefined;
    case "string":
      return base === "string" ? Op.Text : undefined;
    case "date":
      if (logicalType === "date" && base === "int") return Op.Days;
      return base === "string" ? Op.DayText : undefined;
    case "timestamp":
      return isInstant && base === "long" ? Op.Instant : undefined;
  }
}

const SKIP: Readonly<Record<string, Op>> = {
  int: Op.SkipVarint,
  long: Op.SkipVarint,
  float: Op.SkipFloat,
  double: Op.SkipDouble,
  boolean: Op.SkipBoolean,
  bytes: Op.SkipBytes,
  string: Op.SkipBytes,
};

function fieldType(type: AvroType): FieldType | undefined {
  if (typeof type === "string") return { base: type, scale: 0, nullBranch: -1 };
  if (Array.isArray(type)) {
    const nullBranch = type.indexOf("null");
    if (type.length !== 2 || nullBranch < 0) return undefined;
    const own = fieldType(type[1 - nullBranch]);
    return own === undefined || own.nullBranch >= 0 ? undefined : { ...own, nullBranch };
  }
  const { type: base, logicalType, scale = 0 } = type as AvroObject;
  if (typeof base !== "string" || !(base in SKIP)) return undefined;
  return { base, logicalType, scale, nullBranch: -1 };
}
