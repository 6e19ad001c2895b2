import { Buffer } from "node:buffer";
import type { BatchCompression } from "./codecs/compress.ts";
import { type ProducerIdentity, RecordBatchWriter } from "./record_batch_writer.ts";
import type { SendCall } from "./send_call.ts";

/** A record batch and the `send` calls that wait for it. */
export interface Batch {
  readonly writer: RecordBatchWriter;
  /** The calls whose messages it holds, in order, and the index of the first message of each. */
  readonly calls: SendCall[];
  readonly firsts: number[];
  /** When it got its first message, milliseconds since 1970. */
  readonly since: number;
  /** Its bytes, fixed by the first attempt: every retry sends the same. */
  bytes: Buffer | null;
  attempts: number;
}

/**
 * Default maximum bytes of a batch of several messages, before compression. Brokers accept 1 MiB,
 * but batches larger than this are not faster.
 */
const BATCH_BYTES = 256 * 1024;

/** Bytes below which batches are not made smaller, however little the broker accepts. */
const SMALLEST_BATCH_BYTES = 1024;

/** Options of {@linkcode PartitionQueue}. */
export interface PartitionQueueOptions {
  /** Maximum bytes of a batch of several messages, before compression. @default {256 KiB} */
  batchBytes?: number;
  /** @default {"none"} */
  compression?: BatchCompression;
}

/** Buffers of acknowledged batches, for reuse. */
const SPARE: Buffer[] = [];
const MOST_SPARE = 32;

/**
 * The queue of one partition, in order. Only one batch is in flight at a time, so its sequence
 * number stays correct whatever happens, and the broker recognises a retry and stores the batch
 * once. kafkajs's producer resets the number when an attempt fails and gives it to the next waiting
 * batch, which the broker then takes for a retry of the first one: it is acknowledged and lost, and
 * the first one is stored twice.
 */
export class PartitionQueue {
  readonly partition: number;
  /** The producer id for batches; `null` if a new one is needed. */
  identity: ProducerIdentity | null = null;
  readonly #compression: BatchCompression;
  #batchBytes: number;
  #sequence = 0;
  /** The batch in flight, until it is acknowledged or given up. */
  #sending: Batch | null = null;
  #onItsWay = false;
  readonly #full: Batch[] = [];
  #filling: Batch | null = null;

  constructor(partition: number, options: PartitionQueueOptions = {}) {
    this.partition = partition;
    this.#batchBytes = options.batchBytes ?? BATCH_BYTES;
    this.#compression = options.compression ?? "none";
  }

  /** The batch to send next, or to retry; `null` if there is none or one is in flight. */
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

  /** Takes {@linkcode next}, with its bytes, for sending; {@linkcode identity} must be set. */
  take(): Batch & { bytes: Buffer } {
    const batch = this.#hold();
    if (batch.bytes === null) {
      batch.bytes = batch.writer.finish(this.identity!, this.#sequence, this.#compression);
      // Sequence numbers wrap to 0 after 2^31 - 1.
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

  /** The batch in flight is stored. */
  stored(): void {
    const { calls } = this.#sending!;
    this.#release();
    for (const call of calls) call.closed();
  }

  /**
   * The batch in flight is too large for the broker and was not stored: it is split in two, and
   * later batches are made smaller. `false` if it has a single message.
   */
  split(): boolean {
    const { writer, calls, firsts, since } = this.#sending!;
    if (writer.count < 2) return false;
    this.#batchBytes = Math.min(
      this.#batchBytes,
      Math.max(SMALLEST_BATCH_BYTES, writer.length >> 1),
    );
    // Sequence numbers continue from where this batch began.
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

  /** The batch in flight is to be retried unchanged. */
  again(): void {
    this.#onItsWay = false;
  }

  /** The batch in flight was certainly not stored and is to be sent with a new producer id. */
  anew(): void {
    this.#onItsWay = false;
    this.#sending!.bytes = null;
    this.identity = null;
    this.#sequence = 0;
  }

  /**
   * Gives up the batch in flight, or {@linkcode next}. If it was sent, it is unknown whether it is
   * stored, and so what the next sequence number is: the partition needs a new producer id.
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
