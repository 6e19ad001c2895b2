import { messageOf } from "../../failure/failure.ts";
import type { RecordBatch } from "../broker.ts";
import { decompress } from "./codecs.ts";
import { crc32c } from "./crc32c.ts";

/** A transaction that was aborted: its producer's records from `firstOffset` on do not count. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

/** The record batches of one partition that one fetch brought, as the broker stores them. */
export interface FetchedRecords {
  partition: number;
  /** Offset that was asked for; the broker may send a batch that begins before it. */
  fetchOffset: number;
  highWatermark: number;
  aborted: AbortedTransaction[];
  /** Whole record batches; the last may be cut off, as the fetch's size limit has it. */
  bytes: Uint8Array;
  /** Lets go of the bytes' memory at once; absent where it is shared. They cannot be read afterwards. */
  release?(): void;
}

/** A record batch that cannot be read: damaged, or of a form that we do not know. */
export class UnreadableBatchError extends Error {
  /** First and last offset of the batch. */
  readonly first: number;
  readonly last: number;

  constructor(first: number, last: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnreadableBatchError";
    this.first = first;
    this.last = last;
  }
}

/** Uncompressed bytes after which one {@linkcode RecordBatch} is large enough. */
const ENOUGH_BYTES = 2 ** 20;

/** Length of a record batch's header, with the two fields before its length counts. */
const HEADER_LENGTH = 61;

/** Bytes of a record without key, value and headers. */
const SHORTEST_RECORD = 7;

const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** Offset after the last whole record batch; `null` where there is none. */
export function endOffset(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset: number | null = null;
  for (let at = 0; at + HEADER_LENGTH <= view.byteLength;) {
    const end = at + 12 + view.getInt32(at + 8);
    if (end > view.byteLength || end < at + HEADER_LENGTH) break;
    offset = Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1;
    at = end;
  }
  return offset;
}

/**
 * Reads what a fetch brought, a piece at a time, so that compressed batches are opened only when
 * they are wanted. Control records and those of aborted transactions are passed over.
 */
export class RecordReader {
  readonly #fetched: FetchedRecords;
  readonly #view: DataView;
  readonly #abortedProducers = new Set<bigint>();
  /** Offset after the last message that {@linkcode RecordReader.next} gave or passed over. */
  nextOffset: number;
  #at = 0;
  #nextAborted = 0;

  constructor(fetched: FetchedRecords) {
    this.#fetched = fetched;
    this.nextOffset = fetched.fetchOffset;
    const { buffer, byteOffset, byteLength } = fetched.bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  /**
   * The next messages, about {@linkcode ENOUGH_BYTES} of them; `null` after the last. `count` is 0
   * where all were passed over.
   * @throws {UnreadableBatchError}
   */
  next(): RecordBatch | null {
    const messages = new Messages(this.#fetched);
    const begin = this.#at;
    let nextOffset = this.nextOffset;
    try {
      for (let size = 0; size < ENOUGH_BYTES;) {
        const batch = this.#nextBatch();
        if (batch === null) break;
        if (this.#counts(batch)) size += this.#open(batch, messages);
        nextOffset = Math.max(nextOffset, batch.lastOffset + 1);
        this.#at = batch.end;
      }
    } catch (error) {
      // What can be read before it comes first; the next call meets it again.
      if (this.#at === begin) throw error;
    }
    if (this.#at === begin) return null;
    this.nextOffset = nextOffset;
    messages.nextOffset = nextOffset;
    return messages;
  }

  #nextBatch(): BatchHeader | null {
    const view = this.#view;
    const at = this.#at;
    if (at + HEADER_LENGTH > view.byteLength) return null;
    const firstOffset = Number(view.getBigInt64(at));
    const end = at + 12 + view.getInt32(at + 8);
    const magic = view.getInt8(at + 16);
    const lastOffset = firstOffset + (magic === 2 ? view.getInt32(at + 23) : 0);
    if (end < at + HEADER_LENGTH) throw this.#unreadable(firstOffset, lastOffset, "it has no end");
    if (end > view.byteLength) return null;
    if (magic !== 2) {
      const form = `its form is ${magic}, that of Kafka before 0.11; expected 2`;
      throw this.#unreadable(firstOffset, firstOffset, form);
    }
    const crc = crc32c(this.#fetched.bytes, at + 21, end);
    if (crc !== view.getUint32(at + 17)) {
      throw this.#unreadable(firstOffset, lastOffset, "its checksum is wrong");
    }
    return { at, end, firstOffset, lastOffset, attributes: view.getInt16(at + 21) };
  }

  /** Whether a batch holds messages, by the transactions that were aborted. */
  #counts({ at, lastOffset, attributes }: BatchHeader): boolean {
    const { aborted, bytes } = this.#fetched;
    if ((attributes & TRANSACTIONAL) === 0) return (attributes & CONTROL) === 0;
    while (
      this.#nextAborted < aborted.length && aborted[this.#nextAborted].firstOffset <= lastOffset
    ) {
      this.#abortedProducers.add(aborted[this.#nextAborted++].producerId);
    }
    const producer = this.#view.getBigInt64(at + 43);
    if ((attributes & CONTROL) === 0) return !this.#abortedProducers.has(producer);
    if (isAbortMarker(bytes, at + HEADER_LENGTH)) this.#abortedProducers.delete(producer);
    return false;
  }

  #open(batch: BatchHeader, messages: Messages): number {
    const { at, end, firstOffset, lastOffset, attributes } = batch;
    const records = this.#fetched.bytes.subarray(at + HEADER_LENGTH, end);
    try {
      const source = decompress(attributes & 7, records);
      const maxTimestamp = Number(this.#view.getBigInt64(at + 35));
      messages.add(source, {
        count: this.#view.getInt32(at + 57),
        firstOffset,
        firstTimestamp: Number(this.#view.getBigInt64(at + 27)),
        timestamp: attributes & LOG_APPEND_TIME ? maxTimestamp : undefined,
        from: this.#fetched.fetchOffset,
      });
      return source.length;
    } catch (cause) {
      throw this.#unreadable(firstOffset, lastOffset, `it is ${messageOf(cause)}`, cause);
    }
  }

  #unreadable(first: number, last: number, reason: string, cause?: unknown): UnreadableBatchError {
    const { partition } = this.#fetched;
    return new UnreadableBatchError(
      first,
      last,
      `the record batch of partition ${partition}, offsets ${first} to ${last}, cannot be read: ${reason}`,
      { cause },
    );
  }
}

interface BatchHeader {
  at: number;
  end: number;
  firstOffset: number;
  lastOffset: number;
  attributes: number;
}

interface Records {
  count: number;
  firstOffset: number;
  firstTimestamp: number;
  /** The timestamp of all records, where the broker sets it. */
  timestamp: number | undefined;
  /** Records before this offset were not asked for. */
  from: number;
}

/** A control record's key is its version (0) and its type: 0 abort, 1 commit. */
function isAbortMarker(bytes: Uint8Array, at: number): boolean {
  cursor = at;
  varint(bytes);
  cursor++;
  varlong(bytes);
  varint(bytes);
  const length = varint(bytes);
  return length >= 4 && bytes[cursor + 2] === 0 && bytes[cursor + 3] === 0;
}

/** Messages whose fields lie in the batches' own bytes; typed arrays say where. */
class Messages implements RecordBatch {
  readonly partition: number;
  readonly highWatermark: number;
  count = 0;
  nextOffset = 0;
  readonly #sources: Uint8Array[] = [];
  #capacity = 0;
  #offsets = new Float64Array();
  #timestamps = new Float64Array();
  /** Five numbers a message: source, key's start and end, value's start and end; end -1: null. */
  #spans = new Int32Array();
  #headers = new Int32Array();

  constructor({ partition, highWatermark }: FetchedRecords) {
    this.partition = partition;
    this.highWatermark = highWatermark;
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

  headers(i: number): ReadonlyArray<readonly [name: string, value: Uint8Array | null]> {
    const source = this.#sources[this.#spans[i * 5]];
    cursor = this.#headers[i];
    const headers: Array<[string, Uint8Array | null]> = [];
    for (let left = varint(source); left > 0; left--) {
      const name = bytesOf(source, varint(source));
      headers.push([new TextDecoder().decode(name ?? undefined), bytesOf(source, varint(source))]);
    }
    return headers;
  }

  /** Adds a batch's records. @throws {Error} they do not fill the bytes as their lengths say. */
  add(source: Uint8Array, records: Records): void {
    if (records.count * SHORTEST_RECORD > source.length) {
      throw new Error(`too short for ${records.count} records`);
    }
    this.#reserve(this.count + records.count);
    const sourceIndex = this.#sources.push(source) - 1;
    const offsets = this.#offsets;
    const timestamps = this.#timestamps;
    const spans = this.#spans;
    const { firstOffset, firstTimestamp, timestamp, from } = records;
    let row = this.count;
    cursor = 0;
    for (let i = 0; i < records.count; i++) {
      const length = varint(source);
      const end = cursor + length;
      if (length < 0 || end > source.length) throw new Error(`cut off in record ${i}`);
      cursor++; // Attributes: none are in use.
      const timestampDelta = varlong(source);
      const offset = firstOffset + varint(source);
      const keyLength = varint(source);
      const keyStart = cursor;
      if (keyLength > 0) cursor += keyLength;
      const valueLength = varint(source);
      const valueStart = cursor;
      if (valueLength > 0) cursor += valueLength;
      if (cursor >= end) throw new Error(`wrong about the lengths in record ${i}`);
      if (offset >= from) {
        offsets[row] = offset;
        timestamps[row] = timestamp ?? firstTimestamp + timestampDelta;
        const at = row * 5;
        spans[at] = sourceIndex;
        spans[at + 1] = keyStart;
        spans[at + 2] = keyLength < 0 ? -1 : keyStart + keyLength;
        spans[at + 3] = valueStart;
        spans[at + 4] = valueLength < 0 ? -1 : valueStart + valueLength;
        this.#headers[row] = cursor;
        row++;
      }
      cursor = end;
    }
    this.count = row;
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
