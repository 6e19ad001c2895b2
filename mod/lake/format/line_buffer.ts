import { isoDay, isoTimestamp } from "../../schema/calendar.ts";
import type { MessageReader } from "../../schema/message_reader.ts";
import { type ColumnType, ORIGIN_COLUMNS } from "../../schema/schema.ts";
import type { RowGroups } from "../partitioning.ts";
import type { LineJob } from "./encode_job.ts";
import type { RowBuffer, RowBufferOptions } from "./row_buffer.ts";
import { MOST_INTEGER_BYTES, writeInteger } from "./write_integer.ts";

const FIRST_CHUNK_BYTES = 16_384;

/** Bytes per chunk, from the fifth chunk on. */
const CHUNK_BYTES = 262_144;

const INITIAL_ROWS = 128;

/** Maximum bytes of a value besides its text: `null`, a reformatted number, or two quotes. */
const MOST_VALUE_BYTES = MOST_INTEGER_BYTES;

const encoder = new TextEncoder();
const NULL = encoder.encode("null");
/** A byte order mark at the beginning of a value is part of the value. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Holds rows as lines of JSON with the lake's names. Values that a message has in the lake's own
 * form (a number, an ASCII string, a day) are copied from its bytes; the rest is reformatted. The
 * lines are kept in chunks of whole lines: one array that grows by doubling would take up to three
 * times their size.
 */
export class LineBuffer implements RowBuffer {
  readonly #types: ColumnType[];
  readonly #kept: boolean[];
  /** The text before each column's value: `,"close":`. */
  readonly #labels: Uint8Array[];
  /** The text before the offset: the partition with its label, and the offset's label. */
  readonly #beforeOffset: Uint8Array;
  readonly #timestampLabel: string;
  /** Maximum bytes of a line besides the texts of its values and its timestamp. */
  readonly #frameBytes: number;
  readonly #groups: RowGroups;
  /** Full chunks. */
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of their lines, and of their memory. */
  #fullBytes = 0;
  #fullMemory = 0;
  /** The chunk being filled, and where its last line begins. */
  #bytes = new Uint8Array(FIRST_CHUNK_BYTES);
  #used = 0;
  #lineStart = 0;
  #ends = new Int32Array(INITIAL_ROWS);
  #groupNumbers = new Int32Array(INITIAL_ROWS);
  #rows = 0;

  constructor({ schema, partitioning, partition }: RowBufferOptions) {
    const inPath = partitioning.columnsInPath;
    this.#types = schema.columns.map(({ type }) => type);
    this.#kept = schema.columns.map((_, c) => !inPath.has(c));
    this.#labels = schema.columns.map(({ name }, c) =>
      encoder.encode(`${this.#kept.indexOf(true) === c ? "{" : ","}${JSON.stringify(name)}:`)
    );
    const first = this.#kept.includes(true) ? "," : "{";
    const [partitionLabel, offsetLabel, timestampLabel] = ORIGIN_COLUMNS.map(({ name }) =>
      `${JSON.stringify(name)}:`
    );
    this.#beforeOffset = encoder.encode(`${first}${partitionLabel}${partition},${offsetLabel}`);
    this.#timestampLabel = `,${timestampLabel}`;
    this.#frameBytes = this.#beforeOffset.length +
      this.#labels.reduce((sum, { length }) => sum + length + MOST_VALUE_BYTES, MOST_INTEGER_BYTES);
    this.#groups = partitioning.group();
  }

  get rows(): number {
    return this.#rows;
  }

  get byteLength(): number {
    return this.#fullMemory + this.#bytes.byteLength + this.#ends.byteLength +
      this.#groupNumbers.byteLength + this.#groups.byteLength;
  }

  get paths(): RowGroups["paths"] {
    return this.#groups.paths;
  }

  refusal(reader: MessageReader, timestampMs: number): string | null {
    const group = this.#groups.of(reader, timestampMs);
    return group < 0 ? this.#groups.refusal(group) : null;
  }

  append(reader: MessageReader, offset: number, timestampMs: number): string | null {
    const group = this.#groups.of(reader, timestampMs);
    if (group < 0) return this.#groups.refusal(group);
    if (this.#rows === this.#ends.length) this.#growRows();
    this.#lineStart = this.#used;
    this.#endAt(timestampMs);
    if (reader.verbatim) this.#verbatimRow(reader, offset);
    else this.#row(reader, offset);
    this.#groupNumbers[this.#rows] = group;
    this.#ends[this.#rows++] = this.#fullBytes + this.#used;
    return null;
  }

  take(): LineJob {
    const groupCount = this.#groups.paths.length;
    return {
      kind: "lines",
      rows: this.#rows,
      chunks: [...this.#chunks, this.#bytes.subarray(0, this.#used)],
      ends: this.#ends.subarray(0, this.#rows),
      groups: groupCount > 1 ? this.#groupNumbers : undefined,
      groupCount,
    };
  }

  #lastTimestamp = NaN;
  /** The end of the line after the offset, which most consecutive messages share. */
  #afterOffset = new Uint8Array();

  #endAt(timestampMs: number): void {
    if (timestampMs === this.#lastTimestamp) return;
    this.#lastTimestamp = timestampMs;
    const end = `${this.#timestampLabel}"${isoTimestamp(timestampMs)}"}\n`;
    this.#afterOffset = encoder.encode(end);
  }

  /**
   * For a message's own text: space is reserved once, and the position is a local variable that
   * stays in a register.
   */
  #verbatimRow(reader: MessageReader, offset: number): void {
    const { absent, starts, ends, bytes, numbers } = reader;
    const kept = this.#kept;
    let most = this.#frameBytes + this.#afterOffset.length;
    for (let c = 0; c < kept.length; c++) most += ends[c] - starts[c];
    this.#reserve(most);
    const own = this.#bytes;
    let at = this.#used;
    for (let c = 0; c < kept.length; c++) {
      if (!kept[c]) continue;
      const label = this.#labels[c];
      for (let i = 0; i < label.length; i++) own[at++] = label[i];
      const type = this.#types[c];
      if (absent[c] === 1) {
        for (let i = 0; i < NULL.length; i++) own[at++] = NULL[i];
      } else if (type === "long") {
        // Reformatted: `12.0` is an integer in a message, but not a bigint to Athena.
        at = writeInteger(own, at, numbers[c]);
      } else {
        const isText = type !== "double";
        if (isText) own[at++] = 0x22;
        const end = ends[c];
        for (let i = starts[c]; i < end; i++) own[at++] = bytes[i];
        if (isText) own[at++] = 0x22;
      }
    }
    const before = this.#beforeOffset;
    for (let i = 0; i < before.length; i++) own[at++] = before[i];
    at = writeInteger(own, at, offset);
    const after = this.#afterOffset;
    for (let i = 0; i < after.length; i++) own[at++] = after[i];
    this.#used = at;
  }

  #row(reader: MessageReader, offset: number): void {
    for (let c = 0; c < this.#kept.length; c++) {
      if (!this.#kept[c]) continue;
      this.#copy(this.#labels[c]);
      if (reader.absent[c] === 1) this.#copy(NULL);
      else this.#value(reader, c);
    }
    this.#copy(this.#beforeOffset);
    this.#integer(offset);
    this.#copy(this.#afterOffset);
  }

  #value(reader: MessageReader, c: number): void {
    const number = reader.numbers[c];
    switch (this.#types[c]) {
      case "string": {
        const text = reader.bytes.subarray(reader.starts[c], reader.ends[c]);
        return this.#text(JSON.stringify(decoder.decode(text)));
      }
      case "date":
        return this.#text(`"${isoDay(number)}"`);
      case "double":
        return this.#text(JSON.stringify(number));
      case "long": {
        const wide = reader.hasWide ? reader.wide[c] : undefined;
        return wide === undefined ? this.#integer(number) : this.#text(String(wide));
      }
      default:
        return this.#text(`"${isoTimestamp(number)}"`);
    }
  }

  #integer(number: number): void {
    this.#reserve(MOST_INTEGER_BYTES);
    this.#used = writeInteger(this.#bytes, this.#used, number);
  }

  #text(text: string): void {
    this.#reserve(text.length * 3);
    this.#used += encoder.encodeInto(text, this.#bytes.subarray(this.#used)).written;
  }

  #copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#bytes.length) return;
    const full = this.#bytes;
    const line = full.subarray(this.#lineStart, this.#used);
    const usual = Math.min(full.length * 2, CHUNK_BYTES);
    // A line longer than a chunk gets a chunk of its own, which grows by doubling.
    this.#bytes = new Uint8Array(Math.max(usual, 2 * (line.length + count)));
    this.#bytes.set(line);
    if (this.#lineStart > 0) {
      this.#chunks.push(full.subarray(0, this.#lineStart));
      this.#fullBytes += this.#lineStart;
      this.#fullMemory += full.length;
    }
    this.#used = line.length;
    this.#lineStart = 0;
  }

  #growRows(): void {
    const ends = new Int32Array(this.#rows * 2);
    ends.set(this.#ends);
    this.#ends = ends;
    const groupNumbers = new Int32Array(this.#rows * 2);
    groupNumbers.set(this.#groupNumbers);
    this.#groupNumbers = groupNumbers;
  }
}
