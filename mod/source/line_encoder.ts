import { parseDate, parseTimestamp } from "../schema/parse_date.ts";
import { asciiText, scanDay, scanNumber } from "../schema/scan_value.ts";
import { isNoValueBytes, LONGEST_NULL_WORD } from "../schema/null_words.ts";
import { type ColumnType, keyColumns, type RowSchema } from "../schema/schema.ts";
import { encodeCsvRow, parseCsvRow } from "../schema/parse_csv_row.ts";
import type { Header } from "./header.ts";
import { KeyCache } from "./key_cache.ts";
import { keyText } from "./key_text.ts";
import type { Row } from "./source_row.ts";

/** Bytes of messages that are allocated at once. */
const CHUNK_BYTES = 256 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Turns a line of CSV into its message without an object a field: bytes in, bytes out. It takes the
 * lines that files are made of (fields plain or in simple quotes, plain ASCII texts, numbers that JSON
 * writes the same way) and only ever accepts: what it leaves, and why a row is rejected, is decided by
 * `parseCsvRow`, with which it agrees on everything that it takes.
 */
export class LineEncoder {
  readonly #fieldCount: number;
  readonly #fieldOf: Int32Array;
  readonly #types: ColumnType[];
  readonly #required: boolean[];
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #maxLength: Float64Array;
  readonly #notBelow: ReadonlyArray<readonly [column: number, than: number]>;
  readonly #delimiter: number;
  /** Whether the plain form means something else to a column: all rows are then left to others. */
  readonly #isOther: boolean;
  readonly #keyColumns: number[];
  /** The field of a key that is one required column; otherwise -1. */
  readonly #keyField: number;
  /** The key where all its columns are constants, or there are none. */
  readonly #constantKey: string | null | undefined;
  readonly #constantTexts: ReadonlyArray<string | undefined>;
  /** Members of columns that have the same value in each row. */
  readonly #constants: Array<Uint8Array | undefined>;
  /** Their numbers, days and instants; NaN compares as neither above nor below anything. */
  readonly #constantNumbers: number[];
  /** What stands before each column's value in the message: `,"Open":`, or `,"Index":"` for a text. */
  readonly #prefixes: Uint8Array[];
  readonly #prefixBytes: number;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #numbers: Float64Array;
  readonly #keys = new KeyCache();
  #out = new Uint8Array(CHUNK_BYTES);
  #used = 0;

  constructor(schema: RowSchema, header: Header) {
    const { columns } = schema;
    const indexOf = (wire: string) => columns.findIndex((column) => column.wire === wire);
    this.#fieldCount = header.fieldCount;
    this.#fieldOf = Int32Array.from(header.fieldOf);
    this.#types = columns.map(({ type }) => type);
    this.#required = columns.map(({ required }) => required);
    this.#min = Float64Array.from(columns, ({ min }) => min ?? -Infinity);
    this.#max = Float64Array.from(columns, ({ max }) => max ?? Infinity);
    this.#maxLength = Float64Array.from(columns, ({ maxLength }) => maxLength ?? Infinity);
    this.#notBelow = schema.notBelow.map(({ column, than }) => [indexOf(column), indexOf(than)]);
    this.#delimiter = header.delimiter.charCodeAt(0);
    this.#isOther = columns.some(({ decimal }) => decimal === ",");
    this.#constantTexts = header.constants;
    this.#keyColumns = keyColumns(schema);
    const [keyColumn] = this.#keyColumns;
    const isOneField = this.#keyColumns.length === 1 && columns[keyColumn].required;
    this.#keyField = isOneField ? header.fieldOf[keyColumn] : -1;
    const isConstantKey = this.#keyColumns.every((c) => header.fieldOf[c] === -1);
    this.#constantKey = isConstantKey
      ? keyText(this.#keyColumns.map((c) => header.constants[c]))
      : undefined;
    this.#constants = columns.map((column, c) => {
      const text = header.constants[c];
      if (text === undefined) return undefined;
      const member = encodeCsvRow({ ...schema, columns: [column] }, [text]).slice(1, -1);
      return new TextEncoder().encode("," + member);
    });
    const constants = parseCsvRow(
      {
        ...schema,
        columns: columns.map((column) => ({ ...column, required: false })),
        notBelow: [],
      },
      header.constants,
    );
    this.#constantNumbers = columns.map((_, c) => {
      const value = constants[c];
      return typeof value === "number" ? value : NaN;
    });
    this.#prefixes = columns.map(({ wire, type }) => {
      const quote = type === "double" || type === "long" ? "" : '"';
      return new TextEncoder().encode(`,${JSON.stringify(wire)}:${quote}`);
    });
    // Each value may need a closing quote besides.
    this.#prefixBytes = this.#prefixes.reduce(
      (sum, { length }, c) => sum + Math.max(length + 1, this.#constants[c]?.length ?? 0),
      1,
    );
    this.#starts = new Int32Array(header.fieldCount);
    this.#ends = new Int32Array(header.fieldCount);
    this.#numbers = new Float64Array(columns.length);
  }

  /** The row of the line `bytes[start, end)` (without its end), or `null` to leave it to others. */
  encode(bytes: Uint8Array, start: number, end: number): Row | null {
    if (this.#isOther || !this.#split(bytes, start, end)) return null;
    const needed = end - start + this.#prefixBytes;
    if (this.#out.length - this.#used < needed) {
      this.#out = new Uint8Array(Math.max(CHUNK_BYTES, needed));
      this.#used = 0;
    }
    const from = this.#used;
    const to = this.#write(bytes, from);
    if (to === 0) return null;
    this.#used = to;
    const field = this.#keyField;
    const key = field === -1
      ? this.#key(bytes)
      : this.#keys.text(bytes, this.#starts[field], this.#ends[field]);
    return { key, value: this.#out.subarray(from, to) };
  }

  #key(bytes: Uint8Array): string | null {
    if (this.#constantKey !== undefined) return this.#constantKey;
    return keyText(this.#keyColumns.map((c) => this.#keyPart(bytes, c)));
  }

  #keyPart(bytes: Uint8Array, column: number): string | undefined {
    const field = this.#fieldOf[column];
    if (field === -1) return this.#constantTexts[column];
    const start = this.#starts[field];
    const end = this.#ends[field];
    return !this.#required[column] && isNoValueBytes(bytes, start, end)
      ? undefined
      : this.#keys.text(bytes, start, end);
  }

  /** Finds the fields; false where a quote is anything but a pair around a whole field. */
  #split(bytes: Uint8Array, start: number, end: number): boolean {
    const starts = this.#starts;
    const ends = this.#ends;
    const count = this.#fieldCount;
    const delimiter = this.#delimiter;
    let at = start;
    for (let field = 0; field < count; field++) {
      if (at < end && bytes[at] === QUOTE) {
        starts[field] = ++at;
        while (at < end && bytes[at] !== QUOTE) at++;
        if (at === end) return false;
        ends[field] = at++;
      } else {
        starts[field] = at;
        while (at < end && bytes[at] !== delimiter) {
          if (bytes[at] === QUOTE) return false;
          at++;
        }
        ends[field] = at;
      }
      if (at === end) return field === count - 1;
      if (bytes[at] !== delimiter) return false;
      at++;
    }
    return false;
  }

  /** Checks the fields and writes the message; where it ends, or 0 to leave the row to others. */
  #write(bytes: Uint8Array, from: number): number {
    const out = this.#out;
    const numbers = this.#numbers;
    let at = from;
    for (let c = 0; c < this.#types.length; c++) {
      const field = this.#fieldOf[c];
      if (field === -1) {
        const constant = this.#constants[c];
        numbers[c] = this.#constantNumbers[c];
        if (constant === undefined) continue;
        for (let i = 0; i < constant.length; i++) out[at++] = constant[i];
        continue;
      }
      const start = this.#starts[field];
      let end = this.#ends[field];
      if (end - start <= LONGEST_NULL_WORD && isNoValueBytes(bytes, start, end)) {
        if (this.#required[c]) return 0;
        // Compares as neither above nor below anything.
        numbers[c] = NaN;
        continue;
      }
      const type = this.#types[c];
      const isNumber = type === "double" || type === "long";
      if (isNumber) {
        if (scanNumber(bytes, start, numbers, c) !== end) return 0;
        const number = numbers[c];
        if (!(number >= this.#min[c] && number <= this.#max[c])) return 0;
        if (type === "long" ? !Number.isSafeInteger(number) : !Number.isFinite(number)) return 0;
      } else if (type === "string") {
        if (end - start > this.#maxLength[c]) return 0;
        for (let i = start; i < end; i++) {
          const byte = bytes[i];
          if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH || byte === QUOTE) return 0;
        }
      } else if (type === "date" && end - start === 10) {
        numbers[c] = scanDay(bytes, start);
        if (Number.isNaN(numbers[c])) return 0;
      } else {
        const text = asciiText(bytes, start, end);
        const value = type === "date" ? parseDate(text) : parseTimestamp(text);
        if (typeof value === "string") return 0;
        numbers[c] = value;
        // The midnight after the day is dropped.
        if (type === "date") end = start + 10;
      }
      const prefix = this.#prefixes[c];
      for (let i = 0; i < prefix.length; i++) out[at++] = prefix[i];
      for (let i = start; i < end; i++) out[at++] = bytes[i];
      if (!isNumber) out[at++] = QUOTE;
    }
    for (let i = 0; i < this.#notBelow.length; i++) {
      const [column, than] = this.#notBelow[i];
      if (numbers[column] < numbers[than]) return 0;
    }
    // A row without any value has no first comma to turn into the brace.
    if (at === from) return 0;
    out[from] = 0x7b;
    out[at++] = 0x7d;
    return at;
  }
}
