import { scanDay, scanNumber } from "./scan_value.ts";
import type { Column, RowSchema } from "./schema.ts";
import { type CheckedMessage, SeveralRows, type TypedRow } from "./row.ts";
import { isOfRecord } from "./is_of_record.ts";

/**
 * Checks a message in full: the typed values of its row in the schema's
 * order (or of its rows), or the reason why there are none. Never throws.
 */
export interface MessageCheck {
  (value: Uint8Array, record?: MessageRecord): CheckedMessage;
  /** Reads most messages without allocating an object per row, if the message format has such a reader. */
  readonly scan?: RowScan;
}

/** The values of one row, by column; see {@linkcode MessageReader}. */
export type RowArrays = Pick<MessageReader, "numbers" | "starts" | "ends" | "absent">;

/**
 * Reads the row of a message whose payload begins at `at`. It only ever accepts, and accepts only what the
 * check would accept with the same values; texts are spans of `bytes`.
 */
export type RowScan = (bytes: Uint8Array, at: number, into: RowArrays) => boolean;

/** What a record has besides its value. */
export interface MessageRecord {
  key: Uint8Array | null;
  headers: ReadonlyArray<readonly [name: string, value: Uint8Array | null]>;
}

const enum Kind {
  String,
  Date,
  Double,
  Long,
  /** Left to the {@linkcode MessageCheck}. */
  Other,
}

const KINDS: Record<Column["type"], Kind> = {
  string: Kind.String,
  date: Kind.Date,
  double: Kind.Double,
  long: Kind.Long,
  timestamp: Kind.Other,
};

/**
 * Reads messages into typed values without an object a row. A message in the form that producers
 * write (the schema's names in their order, numbers, plain ASCII strings) is read straight from its
 * bytes; the {@linkcode MessageCheck} decides about every other one, so the fast way only ever
 * accepts, and accepts only what the check would accept with the same values.
 *
 * After {@linkcode MessageReader.read} returned `null`, the public arrays hold the row, by column. Of a
 * message with several rows they hold the first; {@linkcode MessageReader.nextRow} continues.
 */
export class MessageReader {
  /** Value of a number; of a date its days since 1970; of a timestamp its milliseconds. */
  readonly numbers: Float64Array;
  /**
   * Exact value of an integer beyond 2^53, of which {@linkcode numbers} has the nearest double; only
   * where {@linkcode hasWide}.
   */
  readonly wide: Array<bigint | undefined> = [];
  /** Whether the row has such a number. */
  hasWide = false;
  /** Where a string's (or, where {@linkcode verbatim}, any value's) text begins in {@linkcode bytes}. */
  readonly starts: Int32Array;
  /** Where it ends, exclusive. */
  readonly ends: Int32Array;
  /** 1 where the row has no value for the column. */
  readonly absent: Uint8Array;
  /** What `starts` and `ends` point into; valid until the next read. */
  bytes: Uint8Array = new Uint8Array();
  /** Whether the spans are the message's own text, also those of numbers and dates. */
  verbatim = false;
  /** Whether columns come from a record's key, headers or whole value. */
  readonly needsRecord: boolean;

  /** Whether the last message read has several rows. */
  hasSeveral = false;

  #several: readonly TypedRow[] = [];
  #at = 0;
  readonly #schema: RowSchema;
  readonly #check: MessageCheck;
  readonly #scan: RowScan | undefined;
  readonly #isDirect: boolean;
  readonly #names: Uint8Array[];
  readonly #kinds: Kind[];
  readonly #required: boolean[];
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #maxLength: Int32Array;
  readonly #notBelow: ReadonlyArray<readonly [column: number, than: number]>;
  #scratch = new Uint8Array(256);

  /** @param isPlainJson whether messages are JSON without a frame; otherwise all are left to the check */
  constructor(schema: RowSchema, check: MessageCheck, isPlainJson = true) {
    const { columns } = schema;
    this.#schema = schema;
    this.#check = check;
    this.#scan = check.scan;
    this.needsRecord = columns.some(({ from }) => isOfRecord(from));
    this.#isDirect = isPlainJson && schema.rows === undefined &&
      columns.every(({ from }) => from === undefined);
    this.numbers = new Float64Array(columns.length);
    this.starts = new Int32Array(columns.length);
    this.ends = new Int32Array(columns.length);
    this.absent = new Uint8Array(columns.length);
    this.#names = columns.map(({ wire }) => new TextEncoder().encode(JSON.stringify(wire)));
    this.#kinds = columns.map(({ type }) => KINDS[type]);
    this.#required = columns.map(({ required }) => required);
    this.#min = Float64Array.from(columns, ({ min }) => min ?? -Infinity);
    this.#max = Float64Array.from(columns, ({ max }) => max ?? Infinity);
    this.#maxLength = Int32Array.from(columns, ({ maxLength }) => maxLength ?? 0x7fffffff);
    this.#notBelow = schema.notBelow.map(({ column, than }) =>
      [
        columns.findIndex(({ wire }) => wire === column),
        columns.findIndex(({ wire }) => wire === than),
      ] as const
    );
  }

  /**
   * Reads one message; the first row of several.
   * @param record the rest of it, where {@linkcode needsRecord}
   * @returns `null` when the row is good, otherwise the reason why it is rejected
   */
  read(value: Uint8Array, record?: MessageRecord): string | null {
    if (this.readSpan(value, 0, value.length)) return null;
    if (this.#scan !== undefined && this.#scan(value, 0, this)) {
      this.bytes = value;
      this.verbatim = false;
      this.hasSeveral = false;
      this.hasWide = false;
      return null;
    }
    const row = this.#check(value, record);
    if (typeof row === "string") return row;
    this.hasSeveral = row instanceof SeveralRows;
    if (row instanceof SeveralRows) {
      this.#several = row.rows;
      this.firstRow();
    } else {
      this.#take(row);
    }
    return null;
  }

  /**
   * Reads the message `bytes[start, end)` if it is in the form that producers write.
   * @returns whether it is: the row is good then; otherwise {@linkcode MessageReader.read} decides
   */
  readSpan(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#isDirect || !this.#readDirectly(bytes, start, end)) return false;
    this.bytes = bytes;
    this.verbatim = true;
    this.hasSeveral = false;
    this.hasWide = false;
    return true;
  }

  /** Holds the first of several rows again. */
  firstRow(): void {
    this.#at = 0;
    this.#take(this.#several[0]);
  }

  /** Holds the next of several rows. @returns whether there is one */
  nextRow(): boolean {
    if (this.#at + 1 >= this.#several.length) return false;
    this.#take(this.#several[++this.#at]);
    return true;
  }

  /**
   * What is behind the message may be read, but is never part of the row: the closing brace must be
   * its last byte.
   */
  #readDirectly(bytes: Uint8Array, start: number, messageEnd: number): boolean {
    const { numbers, starts, ends } = this;
    const kinds = this.#kinds;
    const last = kinds.length - 1;
    if (messageEnd - start < 2 || bytes[start] !== 0x7b) return false;
    let at = start + 1;
    let isClosed = false;
    for (let c = 0; c <= last; c++) {
      if (!isClosed && bytes[at] === 0x20) at++;
      const name = this.#names[c];
      let same = 0;
      while (same < name.length && bytes[at + same] === name[same]) same++;
      if (isClosed || same < name.length) {
        if (this.#required[c]) return false;
        this.#leaveOut(c);
        continue;
      }
      this.absent[c] = 0;
      at += name.length;
      if (bytes[at] !== 0x3a) return false;
      at++;
      if (bytes[at] === 0x20) at++;
      const kind = kinds[c];
      if (bytes[at] === 0x6e) {
        if (this.#required[c] || !isNull(bytes, at)) return false;
        this.#leaveOut(c);
        at += 4;
      } else if (kind === Kind.Double || kind === Kind.Long) {
        starts[c] = at;
        const end = scanNumber(bytes, at, numbers, c);
        if (end === 0) return false;
        const number = numbers[c];
        if (!(number >= this.#min[c] && number <= this.#max[c])) return false;
        if (kind === Kind.Long ? !Number.isSafeInteger(number) : !Number.isFinite(number)) {
          return false;
        }
        ends[c] = at = end;
      } else if (kind === Kind.String) {
        if (bytes[at] !== 0x22) return false;
        const begin = ++at;
        for (let byte = bytes[at]; byte !== 0x22; byte = bytes[++at]) {
          // Escapes, control characters, UTF-8 and the end of the message are not for this way.
          if (!(byte >= 0x20 && byte < 0x80 && byte !== 0x5c)) return false;
        }
        if (at === begin || at - begin > this.#maxLength[c]) return false;
        starts[c] = begin;
        ends[c] = at++;
      } else if (kind === Kind.Date) {
        if (bytes[at] !== 0x22 || bytes[at + 11] !== 0x22) return false;
        const days = scanDay(bytes, at + 1);
        if (days !== days) return false;
        numbers[c] = days;
        starts[c] = at + 1;
        ends[c] = at + 11;
        at += 12;
      } else {
        return false;
      }
      if (bytes[at] === 0x7d) isClosed = true;
      else if (bytes[at] !== 0x2c) return false;
      at++;
    }
    if (!isClosed || at !== messageEnd) return false;
    for (const [column, than] of this.#notBelow) {
      // A missing value is neither above nor below another.
      if (numbers[column] < numbers[than] && this.absent[column] + this.absent[than] === 0) {
        return false;
      }
    }
    return true;
  }

  #leaveOut(c: number): void {
    this.absent[c] = 1;
    this.numbers[c] = 0;
    this.starts[c] = this.ends[c] = 0;
  }

  #take(row: TypedRow): void {
    this.verbatim = false;
    this.hasWide = false;
    let used = 0;
    for (let c = 0; c < row.length; c++) {
      const value = row[c];
      this.absent[c] = value === null ? 1 : 0;
      this.numbers[c] = typeof value === "number" ? value : 0;
      if (typeof value === "bigint") this.#takeWide(c, value);
      this.starts[c] = this.ends[c] = used;
      if (typeof value !== "string") continue;
      // A UTF-16 unit becomes at most three bytes of UTF-8.
      if (this.#scratch.length < used + value.length * 3) {
        const larger = new Uint8Array((used + value.length * 3) * 2);
        larger.set(this.#scratch.subarray(0, used));
        this.#scratch = larger;
      }
      used += encoder.encodeInto(value, this.#scratch.subarray(used)).written;
      this.ends[c] = used;
    }
    this.bytes = this.#scratch;
  }

  #takeWide(c: number, value: bigint): void {
    if (!this.hasWide) this.wide.length = 0;
    this.hasWide = true;
    this.wide[c] = value;
    this.numbers[c] = Number(value);
  }

  /** The schema whose columns the arrays follow. */
  get schema(): RowSchema {
    return this.#schema;
  }
}

function isNull(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c;
}

const encoder = new TextEncoder();
