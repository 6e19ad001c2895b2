import { crc32 } from "node:zlib";
import { Failure } from "../../failure/failure.ts";
import { REPAIR_LOG } from "./sqlite_failure.ts";

/*
 * A block holds what one append adds to one partition: consecutive messages, packed so that reading needs no
 * allocation per message. Format, all numbers 32 bits, little-endian:
 *
 *   CRC-32 of what follows | messages n | n times (end of key, end of value) | keys and values
 *
 * An end counts from the first key; its highest bit is set where the key or value is null.
 */

/** Bytes at which a block is closed; a larger message gets a block of its own. */
export const BLOCK_BYTES = 256 * 1024;

const HEAD_WORDS = 2;
const NULL_BIT = 0x80000000;
const POSITION = 0x7fffffff;

/** Collects the messages of one block. */
export class BlockBuilder {
  #ends = new Uint32Array(256);
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(32 * 1024);
  #used = 0;
  #count = 0;

  /** Messages so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of their keys and values so far. */
  get byteLength(): number {
    return this.#used;
  }

  /** Adds a message behind the others. */
  add(key: Uint8Array | null, value: string | Uint8Array | null): void {
    if (this.#count * 2 === this.#ends.length) {
      const ends = new Uint32Array(this.#ends.length * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#put(this.#count * 2, key);
    this.#put(this.#count * 2 + 1, value);
    this.#count++;
  }

  #put(at: number, data: string | Uint8Array | null): void {
    if (data !== null) {
      // UTF-8 needs at most three bytes for a UTF-16 unit.
      this.#reserve(typeof data === "string" ? data.length * 3 : data.length);
      if (typeof data === "string") {
        this.#used += encoder.encodeInto(data, this.#bytes.subarray(this.#used)).written;
      } else {
        this.#bytes.set(data, this.#used);
        this.#used += data.length;
      }
    }
    this.#ends[at] = data === null ? this.#used | NULL_BIT : this.#used;
  }

  #reserve(more: number): void {
    const needed = this.#used + more;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = bytes;
  }

  /** The block's bytes; the builder is empty afterwards. */
  finish(): Uint8Array {
    const block = new Uint8Array((HEAD_WORDS + this.#count * 2) * 4 + this.#used);
    const words = new Uint32Array(block.buffer, 0, HEAD_WORDS + this.#count * 2);
    words[1] = this.#count;
    words.set(this.#ends.subarray(0, this.#count * 2), HEAD_WORDS);
    block.set(this.#bytes.subarray(0, this.#used), words.byteLength);
    words[0] = crc32(block.subarray(4));
    this.#used = 0;
    this.#count = 0;
    return block;
  }
}

const encoder = new TextEncoder();

/** The messages of a block. */
export interface Block {
  readonly count: number;
  /** Ends of key and value of each message, as in the block. */
  readonly ends: Uint32Array;
  /** Keys and values. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a block.
 * @throws {Failure} kind `failed`, when it is not as it was written
 */
export function openBlock(data: Uint8Array, count: number): Block {
  const bytes = data.byteOffset % 4 === 0 ? data : data.slice();
  const words = HEAD_WORDS + count * 2;
  if (bytes.length < words * 4) throw damaged(`it is ${bytes.length} bytes long`);
  const head = new Uint32Array(bytes.buffer, bytes.byteOffset, words);
  if (head[1] !== count) throw damaged(`it holds ${head[1]} messages, not ${count}`);
  if (head[0] !== crc32(bytes.subarray(4))) throw damaged("its checksum does not match");
  return { count, ends: head.subarray(HEAD_WORDS), bytes: bytes.subarray(words * 4) };
}

function damaged(how: string): Failure {
  return new Failure("failed", `the log is damaged: a block of messages: ${how}`, {
    fix: REPAIR_LOG,
  });
}

/** Key of message `i`. */
export function keyOf({ ends, bytes }: Block, i: number): Uint8Array | null {
  const end = ends[i * 2];
  if (end >= NULL_BIT) return null;
  return bytes.subarray(i === 0 ? 0 : ends[i * 2 - 1] & POSITION, end);
}

/** Value of message `i`. */
export function valueOf({ ends, bytes }: Block, i: number): Uint8Array | null {
  const end = ends[i * 2 + 1];
  return end >= NULL_BIT ? null : bytes.subarray(ends[i * 2] & POSITION, end);
}
