import { isoDay } from "../../schema/calendar.ts";
import type { MessageReader } from "../../schema/message_reader.ts";
import { type Column, ORIGIN_COLUMNS } from "../../schema/schema.ts";
import type { RowGroups } from "../partitioning.ts";
import type { LineJob } from "./encode_job.ts";
import type { RowBuffer, RowBufferOptions } from "./row_buffer.ts";

const FIRST_CHUNK_BYTES = 16_384;

/** Bytes of a chunk from the fifth on. */
const CHUNK_BYTES = 262_144;

const INITIAL_ROWS = 128;

const encoder = new TextEncoder();
/** A byte order mark at a value's beginning is the value's. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Holds rows as lines of JSON with the lake's names. What a message says in the lake's own form (a
 * number, an ASCII string, a day) is copied from its bytes; the rest is written anew. The lines lie in
 * chunks, each of whole lines: one array that doubles would take up to three times their size.
 */
export class LineBuffer implements RowBuffer {
  readonly #columns: readonly Column[];
  readonly #kept: boolean[];
  /** What stands before each column's value: `,"close":`. */
  readonly #labels: Uint8Array[];
  readonly #originLabels: Uint8Array[];
  readonly #partition: Uint8Array;
  readonly #groups: RowGroups;
  /** Chunks that are full. */
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of lines in them, and of the memory that they take. */
  #fullBytes = 0;
  #fullMemory = 0;
  /** The chunk that is being filled, and where its last line begins. */
  #bytes = new Uint8Array(FIRST_CHUNK_BYTES);
  #used = 0;
  #lineStart = 0;
  #ends = new Int32Array(INITIAL_ROWS);
  #groupNumbers = new Int32Array(INITIAL_ROWS);
  #rows = 0;

  constructor({ schema, partitioning, partition }: RowBufferOptions) {
    const inPath = partitioning.columnsInPath;
    this.#columns = schema.columns;
    this.#kept = schema.columns.map((_, c) => !inPath.has(c));
    this.#labels = schema.columns.map(({ name }, c) =>
      encoder.encode(`${this.#kept.indexOf(true) === c ? "{" : ","}${JSON.stringify(name)}:`)
    );
    const first = this.#kept.includes(true) ? "," : "{";
    this.#originLabels = ORIGIN_COLUMNS.map(({ name }, i) =>
      encoder.encode(`${i === 0 ? first : ","}${JSON.stringify(name)}:`)
    );
    this.#partition = encoder.encode(String(partition));
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
    for (let c = 0; c < this.#columns.length; c++) {
      if (!this.#kept[c]) continue;
      this.#copy(this.#labels[c], 0, this.#labels[c].length);
      this.#value(reader, c);
    }
    this.#copy(this.#originLabels[0], 0, this.#originLabels[0].length);
    this.#copy(this.#partition, 0, this.#partition.length);
    this.#copy(this.#originLabels[1], 0, this.#originLabels[1].length);
    this.#integer(offset);
    this.#copy(this.#originLabels[2], 0, this.#originLabels[2].length);
    this.#timestamp(timestampMs);
    this.#byte(0x7d);
    this.#byte(0x0a);
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

  #value(reader: MessageReader, c: number): void {
    if (reader.absent[c] === 1) return this.#text("null");
    const { type } = this.#columns[c];
    const start = reader.starts[c];
    const end = reader.ends[c];
    const number = reader.numbers[c];
    if (type === "string") {
      if (!reader.verbatim) {
        return this.#text(JSON.stringify(decoder.decode(reader.bytes.subarray(start, end))));
      }
      this.#quoted(reader.bytes, start, end);
    } else if (type === "date") {
      if (!reader.verbatim) return this.#text(`"${isoDay(number)}"`);
      this.#quoted(reader.bytes, start, end);
    } else if (type === "double") {
      if (!reader.verbatim) return this.#text(JSON.stringify(number));
      this.#copy(reader.bytes, start, end);
    } else if (type === "long") {
      if (reader.hasWide && reader.wide[c] !== undefined) return this.#text(String(reader.wide[c]));
      // Not as the message has it: `12.0` is a whole number there, but no bigint to Athena.
      this.#integer(number);
    } else {
      this.#timestamp(number);
    }
  }

  #quoted(bytes: Uint8Array, start: number, end: number): void {
    this.#byte(0x22);
    this.#copy(bytes, start, end);
    this.#byte(0x22);
  }

  #integer(number: number): void {
    if (number < 0 || number > 0xffffffff) return this.#text(String(number));
    this.#reserve(10);
    let digits = 1;
    for (let limit = 10; number >= limit; limit *= 10) digits++;
    let rest = number;
    for (let at = this.#used + digits - 1; at >= this.#used; at--) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[at] = 0x30 + rest - tenth * 10;
      rest = tenth;
    }
    this.#used += digits;
  }

  #lastTimestamp = NaN;
  #lastTimestampText = new Uint8Array();

  /** `"2026-11-24 08:00:00.000"`, as Athena's JSON readers take a timestamp. */
  #timestamp(milliseconds: number): void {
    if (milliseconds !== this.#lastTimestamp) {
      this.#lastTimestamp = milliseconds;
      const iso = new Date(milliseconds).toISOString();
      this.#lastTimestampText = encoder.encode(`"${iso.slice(0, -1).replace("T", " ")}"`);
    }
    this.#copy(this.#lastTimestampText, 0, this.#lastTimestampText.length);
  }

  #text(text: string): void {
    this.#reserve(text.length * 3);
    this.#used += encoder.encodeInto(text, this.#bytes.subarray(this.#used)).written;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#used++] = byte;
  }

  #copy(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    const own = this.#bytes;
    let at = this.#used;
    for (let i = start; i < end; i++) own[at++] = bytes[i];
    this.#used = at;
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#bytes.length) return;
    const full = this.#bytes;
    const line = full.subarray(this.#lineStart, this.#used);
    const usual = Math.min(full.length * 2, CHUNK_BYTES);
    // A line that is longer than a chunk has one of its own, which doubles.
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
