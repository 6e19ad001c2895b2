import type { CallOptions, OutgoingMessage, Producer, ProducerOptions } from "../broker.ts";
import { BatchSender } from "./batch_sender.ts";
import { Bell } from "../../wait/bell.ts";
import { abortable } from "../../wait/abortable.ts";
import type { Cluster } from "./cluster.ts";
import { KeyPartitions } from "./key_partitions.ts";
import { retryingOrRefused } from "./retry.ts";
import { SendCall } from "./send_call.ts";

/** Milliseconds for the requests at the start. */
const START_TIMEOUT_MS = 12_000;

/** Bytes of unacknowledged messages above which `send` waits. */
const MOST_UNACKNOWLEDGED_BYTES = 16 * 2 ** 20;

/** Messages without a key that go to one partition before the next one's turn. */
const WITHOUT_KEY = 1000;

/**
 * An idempotent producer: what it reports as sent is stored once, by all in-sync replicas.
 *
 * kafkajs's own producer is not used: when an attempt fails, it can lose and duplicate messages
 * (see partition_queue.ts), and its encoder limits it to about 50,000 messages a second.
 */
export class KafkaProducer implements Producer {
  readonly #cluster: Cluster;
  readonly #sender: BatchSender;
  readonly #keys = new KeyPartitions();
  readonly #encoder = new TextEncoder();
  readonly #calls = new Set<Promise<void>>();
  /** Rings when messages were acknowledged. */
  readonly #changed = new Bell();
  #scratch = new Uint8Array(64 * 1024);
  #turn = 0;
  #unacknowledgedBytes = 0;
  /** Number of calls in the queue for room. */
  #waiting = 0;
  #row: Promise<unknown> = Promise.resolve();

  private constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster;
    this.#sender = new BatchSender(cluster, options.topic, options);
  }

  /**
   * Opens a producer with its own connections, which it closes.
   * @throws {Failure} kind `service`
   */
  static async open(cluster: Cluster, options: ProducerOptions): Promise<KafkaProducer> {
    const { topic, signal } = options;
    const producer = new KafkaProducer(cluster, options);
    const patience = AbortSignal.timeout(START_TIMEOUT_MS);
    const ends = signal === undefined ? patience : AbortSignal.any([signal, patience]);
    const open = () => producer.#sender.open();
    try {
      await abortable(cluster.connect(), signal);
      await retryingOrRefused(cluster.description, `sending to ${topic}`, ends, open);
      return producer;
    } catch (error) {
      cluster.close();
      throw error;
    }
  }

  send(messages: OutgoingMessage[], { signal }: CallOptions = {}): Promise<number> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return abortable(this.#send(messages), signal);
  }

  #send(messages: OutgoingMessage[]): Promise<number> {
    if (this.#waiting === 0 && this.#unacknowledgedBytes < MOST_UNACKNOWLEDGED_BYTES) {
      return this.#add(messages);
    }
    this.#waiting++;
    // Wrapped in an object, so that the next call in the queue does not await the acknowledgement.
    const added = this.#row.then(() => this.#room()).then(() => {
      this.#waiting--;
      return { sent: this.#add(messages) };
    });
    this.#row = added;
    return added.then(({ sent }) => sent);
  }

  async #room(): Promise<void> {
    while (this.#unacknowledgedBytes >= MOST_UNACKNOWLEDGED_BYTES) await this.#changed.wait();
  }

  async #add(messages: OutgoingMessage[]): Promise<number> {
    const call = new SendCall();
    const size = this.#enqueue(messages, call);
    call.closed();
    this.#sender.wake();
    this.#unacknowledgedBytes += size;
    this.#calls.add(call.done);
    try {
      await call.done;
    } finally {
      this.#calls.delete(call.done);
      this.#unacknowledgedBytes -= size;
      this.#changed.ring();
    }
    return messages.length;
  }

  /** Adds each message to its partition's queue; returns their bytes. */
  #enqueue(messages: OutgoingMessage[], call: SendCall): number {
    const { queues } = this.#sender;
    const partitions = queues.length;
    const now = Date.now();
    let size = 0;
    let left = 0;
    for (const { key, value } of messages) {
      const bytes = typeof value === "string" ? this.#encode(value) : value;
      if (key === null) {
        if (left-- === 0) {
          this.#turn++;
          left = WITHOUT_KEY;
        }
        queues[this.#turn % partitions].add(null, bytes, now, call);
      } else {
        const found = this.#keys.of(key, partitions);
        queues[found.partition].add(found.bytes, bytes, now, call);
      }
      size += bytes === null ? 0 : bytes.length;
    }
    return size;
  }

  /** The bytes of a text, valid until the next call. */
  #encode(text: string): Uint8Array {
    if (this.#scratch.length < 3 * text.length) this.#scratch = new Uint8Array(4 * text.length);
    const { written } = this.#encoder.encodeInto(text, this.#scratch);
    return this.#scratch.subarray(0, written);
  }

  async close({ signal }: CallOptions = {}): Promise<void> {
    const settled = this.#row.catch(() => {}).then(() => Promise.allSettled(this.#calls));
    await abortable(settled, signal).catch(() => {});
    this.#sender.close();
    this.#cluster.close();
  }
}
