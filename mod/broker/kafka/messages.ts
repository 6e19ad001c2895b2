import type { CutMessage, RecordBatch, ValueSpans } from "../broker.ts";

/** Record bytes after which one {@linkcode RecordBatch} is large enough. */
export const ENOUGH_BYTES = 2 ** 20;

/** Records read per call. */
const RUN_RECORDS = 512;

/** Messages after which it is large enough, however small they are. */
const ENOUGH_MESSAGES = 64 * 1024;

/** The unread records of one record batch. */
export interface RecordRun {
  /** Where the next record begins in its source. */
  at: number;
  /** Number of unread records, and of all records. */
  left: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly firstTimestamp: number;
  /** The timestamp of all records, if the broker sets it. */
  readonly timestamp: number | undefined;
  /** Records before this offset were not requested. */
  readonly from: number;
  /** Maximum bytes of a record that is kept whole. */
  readonly mostRecordBytes: number;
}

/** Why {@linkcode Messages.add} stopped. */
export type RunState =
  /** Nothing is left, or there are enough messages. */
  | "ok"
  /** The source ends within the next record. */
  | "incomplete"
  /** The next record is too large to be kept whole. */
  | "large";

/** A single message, for {@linkcode Messages.addOne}. */
export interface OneMessage {
  offset: number;
  timestamp: number;
  source: Uint8Array;
  /** Where the key and the value are in the source; an end of -1 means null. */
  key: readonly [start: number, end: number];
  value: readonly [start: number, end: number];
  cut?: CutMessage;
}

/** The headers of a source that has none. */
const NO_HEADERS = -1;

/** Messages whose fields are slices of the batches' own bytes; typed arrays hold the positions. */
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
  /**
   * Five numbers per message: source, start and end of the key, start and end of the value; an end
   * of -1 means null.
   */
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
   * Adds records until there are enough; afterwards `run` says how far it got.
   * @throws {Error} if the records contradict their lengths
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
   * Adds some records. V8 keeps code that it optimized between calls, but not the code of a loop
   * that it optimized while it ran; so this function is called often.
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
      cursor++; // Attributes: unused.
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

/** Read position of the functions below; a module variable because each row takes six calls. */
let cursor = 0;

function bytesOf(source: Uint8Array, length: number): Uint8Array | null {
  if (length < 0) return null;
  cursor += length;
  return source.subarray(cursor - length, cursor);
}

/** A zigzag varint of up to 32 bits. */
function varint(bytes: Uint8Array): number {
  let byte = bytes[cursor++];
  let value = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = bytes[cursor++];
    value |= (byte & 0x7f) << shift;
  }
  return (value >>> 1) ^ -(value & 1);
}

/** A zigzag varint of up to 64 bits; exact up to 2^53. */
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

/** The head of a record, up to the length of its key. */
export interface RecordHead {
  length: number;
  timestampDelta: number;
  offsetDelta: number;
  keyLength: number;
  /** Where its length field ends, and where its key begins. */
  bodyAt: number;
  keyAt: number;
}

/** Maximum bytes of a record's head. */
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

/** A varint of up to 32 bits at a position, and where it ends. */
export function varintAt(source: Uint8Array, at: number): { value: number; end: number } {
  cursor = at;
  return { value: varint(source), end: cursor };
}
