import { crc32 } from "node:zlib";
import { uncompressedPieces } from "./codecs/codecs.ts";
import type { Messages, OneMessage } from "./messages.ts";

/*
 * Messages of forms 0 and 1, as producers before Kafka 0.11 wrote them, and as brokers that were upgraded
 * since still keep them. A compressed message holds others.
 * Source: https://kafka.apache.org/41/implementation/message-format/ (old message format)
 */

/** Bytes of a message without key and value: form 0, and form 1, which has a timestamp. */
const SHORTEST_LENGTHS = [26, 34];

/** Offset, size and checksum: where the part begins that the checksum is of. */
const CHECKED_AT = 16;

const CODEC = 0x07;
const LOG_APPEND_TIME = 0x08;

/** Maximum bytes that a compressed message may become: its offsets are known once all was decompressed. */
const MOST_INNER_BYTES = 64 * 2 ** 20;

/** Length of the shortest message of a form. */
export function shortestLegacyLength(magic: number): number {
  return SHORTEST_LENGTHS[magic];
}

/** Whether the checksum of a whole message is right. */
export function isLegacyIntact(message: Uint8Array): boolean {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return crc32(message.subarray(CHECKED_AT)) === view.getUint32(12);
}

/** A message, with those that it holds, on their way into {@linkcode Messages}. */
export class LegacyMessages {
  readonly #waiting: OneMessage[];

  /**
   * @param message the whole message, from its offset on
   * @param from messages before this offset were not asked for
   * @throws {Error} it, or what it holds, cannot be read
   */
  constructor(message: Uint8Array, from: number) {
    this.#waiting = open(message).filter(({ offset }) => offset >= from).reverse();
  }

  /** Whether all have been read. */
  get isDone(): boolean {
    return this.#waiting.length === 0;
  }

  /** Adds the next ones until there are enough. */
  read(messages: Messages): void {
    while (this.#waiting.length > 0 && !messages.isFull) messages.addOne(this.#waiting.pop()!);
  }
}

function open(bytes: Uint8Array): OneMessage[] {
  const outer = parse(bytes, 0);
  if (outer.codec === 0) return [outer.message];
  const { source, value: [start, end], offset, timestamp } = outer.message;
  if (end < 0) throw new Error("compressed, but without a value");
  const inner = messagesIn(decompress(outer.codec, source.subarray(start, end)));
  // Form 1 counts from 0 inside, and its own offset is that of the last one.
  const shift = outer.magic === 0 || inner.length === 0 ? 0 : offset - inner.at(-1)!.offset;
  for (const message of inner) {
    message.offset += shift;
    if (outer.isLogAppendTime) message.timestamp = timestamp;
  }
  return inner;
}

function decompress(codec: number, bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const piece of uncompressedPieces(codec, bytes)) {
    pieces.push(piece);
    length += piece.length;
    if (length > MOST_INNER_BYTES) {
      throw new RangeError(`more than ${MOST_INNER_BYTES} bytes in one message of version 0 or 1`);
    }
  }
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function messagesIn(bytes: Uint8Array): OneMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: OneMessage[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + SHORTEST_LENGTHS[0] > bytes.length) throw new RangeError("cut off");
    const end = at + 12 + view.getInt32(at + 8);
    if (end < at + SHORTEST_LENGTHS[0] || end > bytes.length) throw new RangeError("cut off");
    const { message, codec } = parse(bytes.subarray(at, end), at);
    if (codec !== 0) throw new Error("compressed within a compressed message");
    messages.push(message);
    at = end;
  }
  return messages;
}

function parse(bytes: Uint8Array, at: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getInt8(16);
  if (magic !== 0 && magic !== 1) {
    throw new Error(`of version ${magic} at byte ${at}, expected 0 or 1`);
  }
  const attributes = view.getInt8(17);
  const keyAt = magic === 0 ? 18 : 26;
  const field = (lengthAt: number): [start: number, end: number, next: number] => {
    const length = view.getInt32(lengthAt);
    const start = lengthAt + 4;
    if (length < 0) return [start, -1, start];
    if (start + length > bytes.length) throw new RangeError(`cut off at byte ${at}`);
    return [start, start + length, start + length];
  };
  const [keyStart, keyEnd, valueAt] = field(keyAt);
  const [valueStart, valueEnd] = field(valueAt);
  const message: OneMessage = {
    offset: Number(view.getBigInt64(0)),
    // -1: none, which form 0 does not have.
    timestamp: magic === 0 ? -1 : Number(view.getBigInt64(18)),
    source: bytes,
    key: [keyStart, keyEnd],
    value: [valueStart, valueEnd],
  };
  const isLogAppendTime = magic === 1 && (attributes & LOG_APPEND_TIME) !== 0;
  return { magic, codec: attributes & CODEC, isLogAppendTime, message };
}
