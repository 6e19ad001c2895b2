import type { RecordBatch } from "../broker.ts";
import { type Block, keyOf, valueOf } from "./block.ts";

/** A block and its place in the partition. */
export interface StoredBlock {
  block: Block;
  /** Offset of its first message. */
  first: number;
  /** Time of the append, milliseconds since 1970 UTC. */
  timestamp: number;
}

const NO_HEADERS: ReadonlyArray<readonly [string, Uint8Array | null]> = [];

/**
 * The messages of consecutive blocks from one offset on. Nothing is copied; reading them in order
 * finds each message's block at once.
 */
export class BlockBatch implements RecordBatch {
  readonly partition: number;
  readonly count: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly #start: number;
  readonly #blocks: readonly StoredBlock[];
  /** Index of the current block. */
  #at = 0;
  #block: Block;
  #first: number;
  #end: number;

  /**
   * @param start offset of the first message; in the first block
   * @param blocks at least one, without gaps
   */
  constructor(
    partition: number,
    start: number,
    blocks: readonly StoredBlock[],
    highWatermark: number,
  ) {
    this.partition = partition;
    this.#start = start;
    this.#blocks = blocks;
    this.highWatermark = highWatermark;
    const last = blocks[blocks.length - 1];
    this.nextOffset = last.first + last.block.count;
    this.count = this.nextOffset - start;
    this.#block = blocks[0].block;
    this.#first = blocks[0].first;
    this.#end = this.#first + this.#block.count;
  }

  offset(i: number): number {
    return this.#start + i;
  }

  timestamp(i: number): number {
    this.#find(i);
    return this.#blocks[this.#at].timestamp;
  }

  key(i: number): Uint8Array | null {
    const at = this.#find(i);
    return keyOf(this.#block, at);
  }

  value(i: number): Uint8Array | null {
    const at = this.#find(i);
    return valueOf(this.#block, at);
  }

  /** The embedded log keeps no headers: its producers send none. */
  headers(_: number): ReadonlyArray<readonly [string, Uint8Array | null]> {
    return NO_HEADERS;
  }

  /** Makes the block of message `i` the current one; returns its index there. */
  #find(i: number): number {
    const offset = this.#start + i;
    if (offset >= this.#end || offset < this.#first) this.#seek(offset);
    return offset - this.#first;
  }

  #seek(offset: number): void {
    if (offset < this.#start || offset >= this.nextOffset) {
      throw new RangeError(`message ${offset - this.#start} of a batch of ${this.count}`);
    }
    while (offset >= this.#end) this.#take(this.#at + 1);
    while (offset < this.#first) this.#take(this.#at - 1);
  }

  #take(index: number): void {
    this.#at = index;
    const { block, first } = this.#blocks[index];
    this.#block = block;
    this.#first = first;
    this.#end = first + block.count;
  }
}
