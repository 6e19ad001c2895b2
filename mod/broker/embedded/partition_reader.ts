import { setImmediate } from "node:timers";
import type {
  AssignedPartition,
  CommittedOffset,
  ConsumerHandler,
  LogIdentity,
  PartitionOffsets,
} from "../broker.ts";
import { Failure } from "../../failure/failure.ts";
import { BlockBatch } from "./block_batch.ts";
import type { LogFile } from "./log_file.ts";
import { LOST_REASON } from "./lost_offsets.ts";
import { readBlocks } from "./read_blocks.ts";
import { Bell } from "../../wait/bell.ts";

/** What a {@linkcode PartitionReader} is made of. */
export interface ReaderParts {
  file: LogFile;
  topic: string;
  log: LogIdentity;
  committed: CommittedOffset;
  offsets: PartitionOffsets;
  lost: AbortSignal;
  /** Bytes that one batch may have. */
  maxBytes: number;
  /** Commits in the name of the session that owns the partition. */
  commit(committed: CommittedOffset): Promise<void>;
}

/** Delivers the messages of one assigned partition. */
export class PartitionReader implements AssignedPartition {
  readonly partition: number;
  readonly log: LogIdentity;
  readonly committed: CommittedOffset;
  readonly offsets: PartitionOffsets;
  readonly lost: AbortSignal;
  readonly #parts: ReaderParts;
  readonly #changed = new Bell();
  #start: number;
  #delivering = false;
  #position: number;
  /** The partition's end, as far as known. */
  #high: number;
  #paused = false;

  constructor(parts: ReaderParts) {
    const { committed, offsets } = parts;
    this.#parts = parts;
    this.partition = offsets.partition;
    this.log = parts.log;
    this.committed = committed;
    this.offsets = offsets;
    this.lost = parts.lost;
    const begin = committed.offset ?? offsets.low;
    this.#start = this.#position = Math.max(begin, offsets.low);
    this.#high = offsets.high;
  }

  get start(): number {
    return this.#start;
  }

  seek(offset: number): void {
    if (this.#delivering) {
      throw new Error("seek: expected before deliveries, found after they began");
    }
    this.#start = this.#position = offset;
  }

  epochBefore(): undefined {}

  async confirm(): Promise<void> {}

  commit(offset: number, metadata: string): Promise<void> {
    return this.#parts.commit({ partition: this.partition, offset, metadata });
  }

  pause(): void {
    this.#paused = true;
  }

  /** Learns the partition's end. */
  learnHigh(high: number): void {
    if (high <= this.#high) return;
    this.#high = high;
    this.#changed.ring();
  }

  /** Ends the wait of {@linkcode PartitionReader.deliver}, so that it sees that it is lost. */
  wake(): void {
    this.#changed.ring();
  }

  /** Delivers until the partition is lost. */
  async deliver(handler: ConsumerHandler): Promise<void> {
    this.#delivering = true;
    if (this.#position > this.#high) throw this.#beyondEnd();
    while (!this.lost.aborted) {
      if (this.#paused || this.#position >= this.#high) {
        await this.#changed.wait();
      } else {
        await this.#deliverSome(handler);
        // Timers, signals and the other partitions get their turn, however fast the handler is.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #beyondEnd(): Failure {
    const { topic } = this.#parts;
    return new Failure(
      "failed",
      `${topic}: partition ${this.partition} ends at offset ${this.#high}, but the next offset ` +
        `to read is ${this.#position}: this is not the log that was read before, or it has lost messages`,
      {
        fix:
          "If the file is an older copy, replace it with the newest one; then run `ticklake repair --log`, which makes it continue after the table's position.",
      },
    );
  }

  async #deliverSome(handler: ConsumerHandler): Promise<void> {
    const { file, topic, maxBytes } = this.#parts;
    const position = this.#position;
    const { low, high, blocks, lostUntil } = await file.read(() =>
      readBlocks(file, topic, this.partition, position, maxBytes)
    );
    if (this.lost.aborted || this.#paused) return;
    if (position < low) {
      this.#position = low;
      await handler.gap(this.partition, position, low);
    } else if (lostUntil !== undefined) {
      this.#position = lostUntil;
      await this.#lost(handler, position, lostUntil);
    } else if (blocks.length > 0) {
      const batch = new BlockBatch(this.partition, position, blocks, high);
      this.#position = batch.nextOffset;
      await handler.batch(batch);
    }
    this.#high = Math.max(this.#high, high);
  }

  async #lost(handler: ConsumerHandler, first: number, end: number): Promise<void> {
    const lost = { first, end, bytes: new Uint8Array(), reason: LOST_REASON };
    if (handler.unreadable !== undefined) return await handler.unreadable(this.partition, lost);
    const { topic } = this.#parts;
    throw new Failure(
      "failed",
      `${topic}: offsets ${first} to ${end - 1} of partition ${this.partition}: ${LOST_REASON}`,
    );
  }
}
