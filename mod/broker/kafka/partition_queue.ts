import { Buffer } from "node:buffer";
import { type ProducerIdentity, RecordBatchWriter } from "./record_batch_writer.ts";
import type { SendCall } from "./send_call.ts";

/** A record batch and the calls of `send` that wait for it. */
export interface Batch {
  readonly writer: RecordBatchWriter;
  /** The calls whose messages it holds. */
  readonly calls: SendCall[];
  /** When it got its first message, milliseconds since 1970. */
  readonly since: number;
  /** Its bytes, from the first attempt on; every further attempt sends the same. */
  bytes: Buffer | null;
  attempts: number;
}

/**
 * Most bytes of a batch of several messages. Brokers take 1 MiB unless told otherwise; larger ones
 * than this are not faster.
 */
export const BATCH_BYTES = 256 * 1024;

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
  #sequence = 0;
  /** The batch that is being sent, until it is acknowledged or given up. */
  #sending: Batch | null = null;
  #onItsWay = false;
  readonly #full: Batch[] = [];
  #filling: Batch | null = null;

  constructor(partition: number) {
    this.partition = partition;
  }

  /** The batch that is to be sent next, or again; `null` when there is none or one is on its way. */
  get next(): Batch | null {
    return this.#onItsWay ? null : this.#sending ?? this.#full[0] ?? this.#filling;
  }

  /** Adds a message; its bytes are copied. */
  add(key: Uint8Array | null, value: Uint8Array | null, now: number, call: SendCall): void {
    if (this.#filling === null || !this.#filling.writer.add(key, value, now)) {
      if (this.#filling !== null) this.#full.push(this.#filling);
      const writer = new RecordBatchWriter(SPARE.pop() ?? Buffer.allocUnsafe(BATCH_BYTES));
      writer.add(key, value, now);
      this.#filling = { writer, calls: [], since: now, bytes: null, attempts: 0 };
    }
    const { calls } = this.#filling;
    if (calls[calls.length - 1] !== call) {
      calls.push(call);
      call.opened();
    }
  }

  /** Takes {@linkcode next}, with its bytes, to be sent; {@linkcode identity} must be there. */
  take(): Batch & { bytes: Buffer } {
    const batch = this.#hold();
    if (batch.bytes === null) {
      batch.bytes = batch.writer.finish(this.identity!, this.#sequence);
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
