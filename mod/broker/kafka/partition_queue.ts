import { Buffer } from "node:buffer";
import type { BatchCompression } from "./codecs/compress.ts";
import { type ProducerIdentity, RecordBatchWriter } from "./record_batch_writer.ts";
import type { SendCall } from "./send_call.ts";

/** A record batch and the calls of `send` that wait for it. */
export interface Batch {
  readonly writer: RecordBatchWriter;
  /** The calls whose messages it holds, in their order, and the number of the first message of each. */
  readonly calls: SendCall[];
  readonly firsts: number[];
  /** When it got its first message, milliseconds since 1970. */
  readonly since: number;
  /** Its bytes, from the first attempt on; every further attempt sends the same. */
  bytes: Buffer | null;
  attempts: number;
}

/**
 * Most bytes of a batch of several messages, before compression, unless told otherwise. Brokers take
 * 1 MiB; larger ones than this are not faster.
 */
const BATCH_BYTES = 256 * 1024;

/** Bytes below which batches are not made smaller, however little the broker takes. */
const SMALLEST_BATCH_BYTES = 1024;

/** Options of {@linkcode PartitionQueue}. */
export interface PartitionQueueOptions {
  /** Most bytes of a batch of several messages, before compression. @default {256 KiB} */
  batchBytes?: number;
  /** @default {"none"} */
  compression?: BatchCompression;
}

/** Memory of acknowledged batches, for the next ones. */
const SPARE: Buffer[] = [];
const MOST_SPARE = 32;

/**
 * What waits to be sent to one partition, in order. One batch is on its way at a time: so its
 * sequence number stays right whatever happens to it, and a repeated attempt is recognised by the
 * broker, which stores it once. kafkajs's producer sets the number back when an attempt fails and
 * gives it to the next batch that waits, which the broker then takes for the first one sent again: it
 * is acknowledged and lost, and the first one is stored twice.
 */
export class PartitionQueue {
  readonly partition: number;
  /** As whom batches are sent; `null` where a new identity is needed. */
  identity: ProducerIdentity | null = null;
  readonly #compression: BatchCompression;
  #batchBytes: number;
  #sequence = 0;
  /** The batch that is being sent, until it is acknowledged or given up. */
  #sending: Batch | null = null;
  #onItsWay = false;
  readonly #full: Batch[] = [];
  #filling: Batch | null = null;

  constructor(partition: number, options: PartitionQueueOptions = {}) {
    this.partition = partition;
    this.#batchBytes = options.batchBytes ?? BATCH_BYTES;
    this.#compression = options.compression ?? "none";
  }

  /** The batch that is to be sent next, or again; `null` when there is none or one is on its way. */
  get next(): Batch | null {
    return this.#onItsWay ? null : this.#sending ?? this.#full[0] ?? this.#filling;
  }

  /** Adds a message; its bytes are copied. */
  add(key: Uint8Array | null, value: Uint8Array | null, now: number, call: SendCall): void {
    if (this.#filling === null || !this.#filling.writer.add(key, value, now)) {
      if (this.#filling !== null) this.#full.push(this.#filling);
      const spare = this.#batchBytes === BATCH_BYTES ? SPARE.pop() : undefined;
      const writer = new RecordBatchWriter(spare ?? Buffer.allocUnsafe(this.#batchBytes));
      writer.add(key, value, now);
      this.#filling = { writer, calls: [], firsts: [], since: now, bytes: null, attempts: 0 };
    }
    const { calls, firsts, writer } = this.#filling;
    if (calls[calls.length - 1] !== call) {
      calls.push(call);
      firsts.push(writer.count - 1);
      call.opened();
    }
  }

  /** Takes {@linkcode next}, with its bytes, to be sent; {@linkcode identity} must be there. */
  take(): Batch & { bytes: Buffer } {
    const batch = this.#hold();
    if (batch.bytes === null) {
      batch.bytes = batch.writer.finish(this.identity!, this.#sequence, this.#compression);
      // Sequence numbers begin again at 0 after 2^31 - 1.
      this.#sequence = (this.#sequence + batch.writer.count) % 2 ** 31;
    }
    batch.attempts++;
    this.#onItsWay = true;
    return batch as Batch & { bytes: Buffer };
  }

  #hold(): Batch {
    if (this.#sending === null) {
      this.#sending = this.#full.shift() ?? this.#filling!;
      if (this.#sending === this.#filling) this.#filling = null;
    }
    return this.#sending;
  }

  /** The batch on its way is stored. */
  stored(): void {
    const { calls } = this.#sending!;
    this.#release();
    for (const call of calls) call.closed();
  }

  /**
   * The batch on its way is too large for the broker, and was not stored: it is sent as two, and later
   * ones are made smaller. `false` where it has a single message.
   */
  split(): boolean {
    const { writer, calls, firsts, since } = this.#sending!;
    if (writer.count < 2) return false;
    this.#batchBytes = Math.min(
      this.#batchBytes,
      Math.max(SMALLEST_BATCH_BYTES, writer.length >> 1),
    );
    // Sequence numbers go on where this batch began.
    this.#sequence = (this.#sequence - writer.count + 2 ** 31) % 2 ** 31;
    this.#release();
    const [one, two] = writer.split();
    const cut = firsts.findIndex((first) => first >= one.count);
    const later = cut < 0 ? calls.length : cut;
    // The last call of the first half may have messages in the second one too.
    const isShared = firsts[later] !== one.count;
    if (isShared) calls[later - 1].opened();
    const from = isShared ? later - 1 : later;
    const batch = { since, bytes: null, attempts: 0 };
    this.#full.unshift(
      { ...batch, writer: one, calls: calls.slice(0, later), firsts: firsts.slice(0, later) },
      {
        ...batch,
        writer: two,
        calls: calls.slice(from),
        firsts: firsts.slice(from).map((first) => Math.max(0, first - one.count)),
      },
    );
    return true;
  }

  /** The batch on its way is to be sent again, as it is. */
  again(): void {
    this.#onItsWay = false;
  }

  /** The batch on its way was certainly not stored and is to be sent under a new identity. */
  anew(): void {
    this.#onItsWay = false;
    this.#sending!.bytes = null;
    this.identity = null;
    this.#sequence = 0;
  }

  /**
   * Gives up the batch on its way, or {@linkcode next}. Where it was sent, it is not known whether it
   * is stored, nor then what the next sequence number is: the partition needs a new identity.
   */
  giveUp(error: unknown): void {
    const { calls, bytes } = this.#hold();
    if (bytes !== null) {
      this.identity = null;
      this.#sequence = 0;
    }
    this.#release();
    for (const call of calls) call.failed(error);
  }

  #release(): void {
    const { memory } = this.#sending!.writer;
    this.#sending = null;
    this.#onItsWay = false;
    if (memory.length === BATCH_BYTES && SPARE.length < MOST_SPARE) SPARE.push(memory);
  }
}
