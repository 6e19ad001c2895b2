import { Failure } from "../failure/failure.ts";
import { ByteInterner } from "../schema/byte_interner.ts";
import { DAY_MS, isoDay, isoTimestamp } from "../schema/calendar.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { ColumnType, RowSchema } from "../schema/schema.ts";
import { encodeHive, HIVE_NULL } from "./layout.ts";
import { murmur3 } from "./murmur3.ts";

/** One field of a Hive path. */
interface Field {
  /** Its name in the path. */
  name: string;
  /** Column whose value it is, where the file need not repeat it. */
  column?: number;
  /** A number that stands for the row's value; equal for equal values. */
  code(reader: MessageReader, timestampMs: number): number;
  /** The value of a code, as it stands in the path. */
  text(code: number): string;
}

const NULL_CODE = -Infinity;

const MAX_FIELDS = 8;

/** Folders of one flush; a flush of more would outlast every shutdown, and make tables nobody can query. */
export const MOST_FOLDERS = 1000;

/** Bytes of one folder's name: what file systems allow. */
const MOST_FOLDER_BYTES = 255;

/** Bytes of all of them: S3's 1024 for a key, less the lake's prefix, table and file name. */
const MOST_PATH_BYTES = 480;

/** What {@linkcode RowGroups.of} says instead of a group's number. */
const TOO_LONG = -1;
const TOO_MANY = -2;

/** Memory of a group and of each field of its path, as measured with 50,000 of them. */
const [GROUP_BYTES, FIELD_BYTES] = [100, 180];

/**
 * Which Hive partition each row belongs to, by a specification such as `dt`, `dt,hour`, `index`,
 * `index,year(date)`, `bucket(index,16)` or `none`: `dt` and `hour` are the day and hour (UTC) of the message's own Kafka
 * timestamp, the others come from the row. Groups are numbered in the order of their first row.
 */
export class Partitioning {
  readonly #fields: readonly Field[];
  readonly #newFields: () => Field[];
  readonly #spec: string;

  /**
   * @throws {Failure} kind `usage`, naming the field that is unknown and those that are known
   */
  constructor(spec: string, schema: RowSchema) {
    this.#spec = spec.replaceAll(" ", "");
    const fields = this.terms;
    this.#newFields = () => fields.map((field) => parseField(field, schema, spec));
    this.#fields = this.#newFields();
    const names = this.#fields.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new Failure("usage", `--partition-by ${spec}: ${twice} is given twice`, {
        fix: "Name each field once.",
      });
    }
    if (names.length > MAX_FIELDS) {
      throw new Failure("usage", `--partition-by ${spec}: ${names.length} fields`, {
        fix: `Name at most ${MAX_FIELDS}: each combination of their values is a folder and a file.`,
      });
    }
  }

  /** The specification, without spaces. */
  get spec(): string {
    return this.#spec;
  }

  /** The specification's parts, such as `dt` and `bucket(index,16)`. */
  get terms(): string[] {
    // A comma within parentheses does not part.
    return this.#spec === "none" ? [] : this.#spec.split(/,(?![^(]*\))/);
  }

  /** Names of the path's fields, in order. */
  get names(): string[] {
    return this.#fields.map(({ name }) => name);
  }

  /** Indexes of the columns that the path already holds, so that the file must not repeat them. */
  get columnsInPath(): ReadonlySet<number> {
    return new Set(this.#fields.flatMap(({ column }) => column ?? []));
  }

  /** A grouping of the rows of one flush; it forgets with the flush what values it has seen. */
  group(): RowGroups {
    return new RowGroups(this.#newFields());
  }
}

/** Numbers the Hive partitions of one flush's rows. */
export class RowGroups {
  readonly #fields: readonly Field[];
  readonly #root = new Map<number, unknown>();
  readonly #paths: Array<Array<readonly [string, string]>> = [];
  /** Reason of rows beyond the bound; cached, as the groups no longer change then. */
  #tooMany: string | undefined;
  /** Groups by path: an object is named for its path, so two groups must never have the same. */
  readonly #byPath = new Map<string, number>();

  /** @param fields of the path */
  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  /**
   * Number of the group of the row that the reader holds; negative where it can have no folder, for a
   * reason that {@linkcode RowGroups.refusal} says. A function of the flush's rows up to this one.
   */
  of(reader: MessageReader, timestampMs: number): number {
    const fields = this.#fields;
    let level = this.#root;
    for (let i = 0; i < fields.length - 1; i++) {
      const code = fields[i].code(reader, timestampMs);
      let next = level.get(code) as Map<number, unknown> | undefined;
      if (next === undefined) level.set(code, next = new Map());
      level = next;
    }
    const code = fields.length === 0 ? 0 : fields[fields.length - 1].code(reader, timestampMs);
    const known = level.get(code) as number | undefined;
    if (known !== undefined) return known;
    const path = fields.map((field) =>
      [field.name, field.text(field.code(reader, timestampMs))] as const
    );
    const key = JSON.stringify(path);
    let group = this.#byPath.get(key);
    if (group === undefined) {
      group = isTooLong(path)
        ? TOO_LONG
        : this.#paths.length >= MOST_FOLDERS
        ? TOO_MANY
        : this.#paths.push(path) - 1;
      if (group >= 0) this.#byPath.set(key, group);
    }
    level.set(code, group);
    return group;
  }

  /** Why a row can have no folder. @param group what {@linkcode RowGroups.of} has said */
  refusal(group: number): string {
    return group === TOO_LONG
      ? "a partition value is too long for a folder's name"
      : this.#tooMany ??=
        `its folder would be one of more than ${MOST_FOLDERS} in one flush: ${this.#mostValues()}`;
  }

  /** The field with the most values in these folders, and how many it has. */
  #mostValues(): string {
    const counts = this.#fields.map(({ name }, i) =>
      [name, new Set(this.#paths.map((path) => path[i][1])).size] as const
    );
    const [name, count] = counts.reduce((most, next) => next[1] > most[1] ? next : most);
    return `${name} has ${count} values`;
  }

  /** Bytes of memory held, about. */
  get byteLength(): number {
    return this.#paths.length * (GROUP_BYTES + this.#fields.length * FIELD_BYTES);
  }

  /** The Hive path of each group. */
  get paths(): ReadonlyArray<ReadonlyArray<readonly [column: string, value: string]>> {
    return this.#paths;
  }
}

function isTooLong(path: ReadonlyArray<readonly [name: string, value: string]>): boolean {
  let all = 0;
  for (const [name, value] of path) {
    const bytes = encoder.encode(`${name}=${encodeHive(value)}`).length;
    if (bytes > MOST_FOLDER_BYTES) return true;
    all += bytes + 1;
  }
  return all > MOST_PATH_BYTES;
}

const encoder = new TextEncoder();

function parseField(field: string, schema: RowSchema, spec: string): Field {
  if (field === "dt") {
    return { name: "dt", code: (_, timestamp) => Math.floor(timestamp / DAY_MS), text: isoDay };
  }
  if (field === "hour") {
    return {
      name: "hour",
      code: (_, timestamp) =>
        Math.floor((timestamp - Math.floor(timestamp / DAY_MS) * DAY_MS) / 3_600_000),
      text: (code) => String(code).padStart(2, "0"),
    };
  }
  const part = /^(year|month|day)\((\w+)\)$/.exec(field);
  const bucket = /^bucket\((\w+),(\d{1,5})\)$/.exec(field);
  const name = part?.[2] ?? bucket?.[1] ?? field;
  const column = schema.columns.findIndex((candidate) => candidate.name === name);
  if (column === -1) {
    const known = ["dt", "hour", ...schema.columns.map((candidate) => candidate.name), "none"];
    throw new Failure("usage", `--partition-by ${spec}: unknown field ${JSON.stringify(field)}`, {
      fix: `Use ${
        known.join(", ")
      }, or year(COLUMN), month(COLUMN) and day(COLUMN) of a date, or bucket(COLUMN,16).`,
    });
  }
  const { type } = schema.columns[column];
  if (part !== null) {
    if (type !== "date" && type !== "timestamp") {
      throw new Failure(
        "usage",
        `--partition-by ${spec}: ${field} needs a date, ${name} is a ${type}`,
        { fix: `Use ${name} itself, or ${part[1]}(COLUMN) of a date or timestamp.` },
      );
    }
    const dayMs = type === "date" ? DAY_MS : 1;
    if (part[1] === "day") {
      return {
        name: `${name}_day`,
        code: (reader) =>
          reader.absent[column] ? NULL_CODE : Math.floor(reader.numbers[column] * dayMs / DAY_MS),
        text: (code) => code === NULL_CODE ? HIVE_NULL : isoDay(code),
      };
    }
    const length = part[1] === "year" ? 4 : 7;
    return {
      name: `${name}_${part[1]}`,
      code: (reader) =>
        reader.absent[column]
          ? NULL_CODE
          : monthNumber(reader.numbers[column] * dayMs, part[1] === "year"),
      text: (code) =>
        code === NULL_CODE ? HIVE_NULL : new Date(Date.UTC(0, code)).toISOString().slice(0, length),
    };
  }
  if (type === "double") {
    throw new Failure(
      "usage",
      `--partition-by ${spec}: ${field} is a double, which would make one folder per row`,
      { fix: "Use a column with few distinct values, such as a string or a date." },
    );
  }
  if (bucket !== null) {
    const count = Number(bucket[2]);
    if (count === 0) {
      throw new Failure("usage", `--partition-by ${spec}: ${field} has no bucket`, {
        fix: `Use bucket(${name},16), or another number above 0.`,
      });
    }
    return {
      name: `${name}_bucket`,
      code: (reader) =>
        reader.absent[column] ? NULL_CODE : (hashOf(reader, column, type) & 0x7fffffff) % count,
      text: (code) => code === NULL_CODE ? HIVE_NULL : String(code),
    };
  }
  return { name, column, ...identity(column, type) };
}

/** Numbers integers beyond 2^53 by what no whole number is: 0.5, 1.5 and so on. */
class WideCodes {
  readonly #codes = new Map<bigint, number>();
  readonly #texts: string[] = [];

  code(value: bigint): number {
    let code = this.#codes.get(value);
    if (code === undefined) {
      code = this.#texts.push(String(value)) - 0.5;
      this.#codes.set(value, code);
    }
    return code;
  }

  /** `undefined` for another number's code. */
  text(code: number): string | undefined {
    return Number.isInteger(code) ? undefined : this.#texts[code - 0.5];
  }
}

/** Iceberg's hash: https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements */
function hashOf(reader: MessageReader, column: number, type: ColumnType): number {
  if (type === "string") {
    return murmur3(reader.bytes.subarray(reader.starts[column], reader.ends[column]));
  }
  const exact = reader.hasWide ? reader.wide[column] : undefined;
  const value = (exact ?? BigInt(reader.numbers[column])) * (type === "timestamp" ? 1000n : 1n);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, true);
  return murmur3(bytes);
}

/** Months since year 0 (Date.UTC's 1900 rule does not apply: `text` undoes it with the same call). */
function monthNumber(timestampMs: number, wholeYear: boolean): number {
  const date = new Date(timestampMs);
  const month = wholeYear ? 0 : date.getUTCMonth();
  return (date.getUTCFullYear() - 1900) * 12 + month;
}

function identity(column: number, type: string): Pick<Field, "code" | "text"> {
  if (type === "string") {
    const values = new ByteInterner();
    return {
      code: (reader) =>
        reader.absent[column]
          ? NULL_CODE
          : values.intern(reader.bytes, reader.starts[column], reader.ends[column]),
      text: (code) => code === NULL_CODE ? HIVE_NULL : values.text(code),
    };
  }
  const text = type === "date" ? isoDay : type === "timestamp" ? isoTimestamp : String;
  const wide = new WideCodes();
  return {
    code: (reader) =>
      reader.absent[column]
        ? NULL_CODE
        : reader.hasWide && reader.wide[column] !== undefined
        ? wide.code(reader.wide[column])
        : reader.numbers[column],
    text: (code) => code === NULL_CODE ? HIVE_NULL : wide.text(code) ?? text(code),
  };
}
