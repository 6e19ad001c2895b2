import type { CutMessage, RecordBatch, ValueSpans } from "../broker.ts";

/** Bytes of records after which one {@linkcode RecordBatch} is large enough. */
export const ENOUGH_BYTES = 2 ** 20;

/** Records that are read in one call. */
const RUN_RECORDS = 512;

/** Messages after which it is, however small they are. */
const ENOUGH_MESSAGES = 64 * 1024;

/** The records of one record batch that have not been read yet. */
export interface RecordRun {
  /** Where the next record begins in its source. */
  at: number;
  /** Number of records left, and of all. */
  left: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly firstTimestamp: number;
  /** The timestamp of all records, where the broker sets it. */
  readonly timestamp: number | undefined;
  /** Records before this offset were not asked for. */
  readonly from: number;
  /** Bytes that one record may have to be taken whole. */
  readonly mostRecordBytes: number;
}

/** What {@linkcode Messages.add} came upon. */
export type RunState =
  /** Nothing is left, or the messages are enough. */
  | "ok"
  /** The source ends within the next record. */
  | "incomplete"
  /** The next record is too large to be taken whole. */
  | "large";

/** A single message, for {@linkcode Messages.addOne}. */
export interface OneMessage {
  offset: number;
  timestamp: number;
  source: Uint8Array;
  /** Where the key and the value lie in the source; an end of -1: null. */
  key: readonly [start: number, end: number];
  value: readonly [start: number, end: number];
  cut?: CutMessage;
}

/** Where a source without headers has none. */
const NO_HEADERS = -1;

/** Messages whose fields lie in the batches' own bytes; typed arrays say where. */
export class Messages implements RecordBatch, ValueSpans {
  readonly partition: number;
  readonly highWatermark: number;
  count = 0;
  nextOffset = 0;
  cuts: Map<number, CutMessage> | undefined;
  #size = 0;
  readonly #sources: Uint8Array[] = [];
  #capacity = 0;
  #offsets = new Float64Array();
  #timestamps = new Float64Array();
  /** Five numbers a message: source, key's start and end, value's start and end; end -1: null. */
  #spans = new Int32Array();
  #headers = new Int32Array();

  constructor({ partition, highWatermark }: { partition: number; highWatermark: number }) {
    this.partition = partition;
    this.highWatermark = highWatermark;
  }

  get spans(): ValueSpans {
    return this;
  }

  /** Whether there are enough of them. */
  get isFull(): boolean {
    return this.#size >= ENOUGH_BYTES || this.count >= ENOUGH_MESSAGES;
  }

  offset(i: number): number {
    return this.#offsets[i];
  }

  timestamp(i: number): number {
    return this.#timestamps[i];
  }

  key(i: number): Uint8Array | null {
    const spans = this.#spans;
    const at = i * 5;
    const end = spans[at + 2];
    return end < 0 ? null : this.#sources[spans[at]].subarray(spans[at + 1], end);
  }

  value(i: number): Uint8Array | null {
    const spans = this.#spans;
    const at = i * 5;
    const end = spans[at + 4];
    return end < 0 ? null : this.#sources[spans[at]].subarray(spans[at + 3], end);
  }

  source(i: number): Uint8Array {
    return this.#sources[this.#spans[i * 5]];
  }

  start(i: number): number {
    return this.#spans[i * 5 + 3];
  }

  end(i: number): number {
    return this.#spans[i * 5 + 4];
  }

  headers(i: number): ReadonlyArray<readonly [name: string, value: Uint8Array | null]> {
    const source = this.#sources[this.#spans[i * 5]];
    cursor = this.#headers[i];
    const headers: Array<[string, Uint8Array | null]> = [];
    if (cursor === NO_HEADERS) return headers;
    for (let left = varint(source); left > 0; left--) {
      const name = bytesOf(source, varint(source));
      headers.push([new TextDecoder().decode(name ?? undefined), bytesOf(source, varint(source))]);
    }
    return headers;
  }

  /**
   * Adds records until there are enough; `run` says afterwards how far it came.
   * @throws {Error} they are not as their lengths say
   */
  add(source: Uint8Array, run: RecordRun): RunState {
    this.#reserve(this.count + Math.min(run.left, ENOUGH_MESSAGES));
    const sourceIndex = this.#sources.push(source) - 1;
    let state: RunState = "ok";
    while (state === "ok" && run.left > 0 && !this.isFull) {
      state = this.#addSome(source, sourceIndex, run);
    }
    return state;
  }

  /**
   * Adds some records. V8 keeps the code of a function that it optimizes between calls, but not that of
   * a loop which it optimizes while it runs; so this one is called often.
   */
  #addSome(source: Uint8Array, sourceIndex: number, run: RecordRun): RunState {
    const offsets = this.#offsets;
    const timestamps = this.#timestamps;
    const spans = this.#spans;
    const headers = this.#headers;
    const { firstOffset, firstTimestamp, timestamp, from, mostRecordBytes } = run;
    const hasTimestamp = timestamp !== undefined;
    const base = hasTimestamp ? timestamp : firstTimestamp;
    const begin = run.at;
    const enough = begin + ENOUGH_BYTES - this.#size;
    let row = this.count;
    let { at, left } = run;
    const until = Math.max(0, left - Math.min(RUN_RECORDS, ENOUGH_MESSAGES - row));
    let state: RunState = "ok";
    while (left > until && at < enough) {
      cursor = at;
      const length = varint(source);
      const end = cursor + length;
      if (length < 0) throw new Error(`cut off in record ${run.count - left}`);
      if (end > source.length) {
        if (cursor <= source.length) state = length > mostRecordBytes ? "large" : "incomplete";
        else state = "incomplete";
        break;
      }
      if (length > mostRecordBytes) {
        state = "large";
        break;
      }
      cursor++; // Attributes: none are in use.
      const timestampDelta = varlong(source);
      const offset = firstOffset + varint(source);
      const keyLength = varint(source);
      const keyStart = cursor;
      if (keyLength > 0) cursor += keyLength;
      const valueLength = varint(source);
      const valueStart = cursor;
      if (valueLength > 0) cursor += valueLength;
      if (cursor >= end) {
        throw new Error(`wrong about the lengths in record ${run.count - left}`);
      }
      if (offset >= from) {
        offsets[row] = offset;
        timestamps[row] = hasTimestamp ? base : base + timestampDelta;
        const span = row * 5;
        spans[span] = sourceIndex;
        spans[span + 1] = keyStart;
        spans[span + 2] = keyLength < 0 ? -1 : keyStart + keyLength;
        spans[span + 3] = valueStart;
        spans[span + 4] = valueLength < 0 ? -1 : valueStart + valueLength;
        headers[row] = cursor;
        row++;
      }
      at = end;
      left--;
    }
    this.#size += at - begin;
    this.count = row;
    run.at = at;
    run.left = left;
    return state;
  }

  /** Adds a message without headers. */
  addOne({ offset, timestamp, source, key, value, cut }: OneMessage): void {
    const row = this.count++;
    this.#reserve(this.count);
    this.#size += source.length;
    this.#offsets[row] = offset;
    this.#timestamps[row] = timestamp;
    this.#spans.set([this.#sources.push(source) - 1, ...key, ...value], row * 5);
    this.#headers[row] = NO_HEADERS;
    if (cut !== undefined) (this.cuts ??= new Map()).set(row, cut);
  }

  #reserve(count: number): void {
    if (count <= this.#capacity) return;
    this.#capacity = Math.max(count, this.#capacity * 2);
    const grown = <A extends Float64Array | Int32Array>(old: A, array: A): A => {
      array.set(old);
      return array;
    };
    this.#offsets = grown(this.#offsets, new Float64Array(this.#capacity));
    this.#timestamps = grown(this.#timestamps, new Float64Array(this.#capacity));
    this.#spans = grown(this.#spans, new Int32Array(this.#capacity * 5));
    this.#headers = grown(this.#headers, new Int32Array(this.#capacity));
  }
}

/** Where the functions below read; a variable of the module because a row takes six calls of them. */
let cursor = 0;

function bytesOf(source: Uint8Array, length: number): Uint8Array | null {
  if (length < 0) return null;
  cursor += length;
  return source.subarray(cursor - length, cursor);
}

/** A zigzag number of up to 32 bits, seven bits a byte. */
function varint(bytes: Uint8Array): number {
  let byte = bytes[cursor++];
  let value = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = bytes[cursor++];
    value |= (byte & 0x7f) << shift;
  }
  return (value >>> 1) ^ -(value & 1);
}

/** A zigzag number of up to 64 bits, seven bits a byte; exact up to 2^53. */
function varlong(bytes: Uint8Array): number {
  let byte = bytes[cursor++];
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  let value = byte & 0x7f;
  for (let factor = 128; byte >= 0x80; factor *= 128) {
    byte = bytes[cursor++];
    value += (byte & 0x7f) * factor;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** The head of a record, as far as its key's length. */
export interface RecordHead {
  length: number;
  timestampDelta: number;
  offsetDelta: number;
  keyLength: number;
  /** Where its length ends, and where its key begins. */
  bodyAt: number;
  keyAt: number;
}

/** Bytes in which a record's head fits. */
export const RECORD_HEAD_BYTES = 5 + 1 + 10 + 5 + 5;

/** Reads a record's head. */
export function recordHead(source: Uint8Array, at: number): RecordHead {
  cursor = at;
  const length = varint(source);
  const bodyAt = cursor++;
  const timestampDelta = varlong(source);
  const offsetDelta = varint(source);
  const keyLength = varint(source);
  return { length, timestampDelta, offsetDelta, keyLength, bodyAt, keyAt: cursor };
}

/** A varint of up to 32 bits at a place, and where it ends. */
export function varintAt(source: Uint8Array, at: number): { value: number; end: number } {
  cursor = at;
  return { value: varint(source), end: cursor };
}
