import { countText } from "../../terminal/amount_text.ts";
import { Buffer } from "node:buffer";
import { getLogger } from "@logtape/logtape";
import { Failure } from "../../failure/failure.ts";
import { backoff } from "../../wait/backoff.ts";
import { pause } from "../../wait/sleep.ts";
import type { Cluster } from "./cluster.ts";
import { type Batch, PartitionQueue, type PartitionQueueOptions } from "./partition_queue.ts";
import { produceRequest } from "./produce_request.ts";
import { protocolError } from "./raw_request.ts";
import type { ProducerIdentity } from "./record_batch_writer.ts";
import { describeError, errorType, refused, verdictOf } from "./request_error.ts";
import { Trouble } from "./retry.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** Milliseconds for which a batch is retried before it is given up, as in the Java client. */
const DELIVERY_TIMEOUT_MS = 120_000;

/** Maximum bytes in one request; a single batch may be larger. */
const REQUEST_BYTES = 2 * 2 ** 20;

/** Milliseconds between two routine metadata requests, which find added partitions. */
const LOOK_EVERY_MS = 60_000;

/** The pauses between two attempts. */
const PAUSES = { firstMs: 100, longestMs: 2000 };

/** Transaction timeout in milliseconds: brokers require one, although we use no transactions. */
const TRANSACTION_TIMEOUT_MS = 60_000;

/**
 * Errors by which the broker says that its producer state does not match what this producer has
 * sent.
 */
const SEQUENCE_LOST = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
]);

/** Errors by which the broker says that a batch exceeds the limit of the topic or the broker. */
const TOO_LARGE = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

/** Kafka's code for a partition that has no leader at the moment. */
const LEADER_NOT_AVAILABLE = 5;

/** The broker has the batch already: an earlier attempt stored it. */
const DUPLICATE_SEQUENCE_NUMBER = 46;

/** The error of a broker that is too slow; also used for a partition missing from a response. */
const REQUEST_TIMED_OUT = 7;

/** Sends the batches of a topic's queues, with one request in flight per broker. */
export class BatchSender {
  /** By partition. */
  readonly queues: PartitionQueue[] = [];
  readonly #options: PartitionQueueOptions;
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #closed = new AbortController();
  /** Brokers with a request in flight. */
  readonly #sending = new Set<number>();
  /** By partition, -1 if there is none. */
  #leaders: number[] = [];
  #searching = false;
  #lookedAt = 0;
  /** Buffer for the one request in flight to each broker. */
  readonly #memory = new Map<number, Buffer>();

  constructor(cluster: Cluster, topic: string, options: PartitionQueueOptions) {
    this.#options = options;
    this.#cluster = cluster;
    this.#topic = topic;
  }

  /** Finds the partitions and gets a producer id. One attempt. */
  async open(): Promise<void> {
    const identity = await this.#newIdentity();
    await this.#findLeaders();
    for (const queue of this.queues) queue.identity = identity;
  }

  /** Sends whatever is ready to be sent. */
  wake(): void {
    if (Date.now() - this.#lookedAt > LOOK_EVERY_MS) this.#look();
    for (const { partition, next } of this.queues) {
      const leader = this.#leaders[partition];
      if (next === null || this.#sending.has(leader)) continue;
      if (leader < 0) this.#search();
      else this.#sendTo(leader);
    }
  }

  /** Ends all attempts. */
  close(): void {
    this.#closed.abort(new Error("the producer is closed"));
  }

  async #sendTo(leader: number): Promise<void> {
    this.#sending.add(leader);
    const trouble = new Trouble(`sending to ${this.#topic}`);
    let pauses = backoff(PAUSES);
    let error: unknown;
    while (!this.#closed.signal.aborted) {
      const queues = this.#ready(leader, error);
      if (queues.length === 0) break;
      error = await this.#attempt(leader, queues);
      if (error === undefined) {
        trouble.over();
        pauses = backoff(PAUSES);
      } else {
        trouble.failed(error);
        await this.#wait(pauses.next().value);
      }
    }
    this.#sending.delete(leader);
  }

  /**
   * While a partition has no leader, looks for one and gives up batches that have waited too long.
   */
  async #search(): Promise<void> {
    if (this.#searching) return;
    this.#searching = true;
    const trouble = new Trouble(`sending to ${this.#topic}`);
    const error = protocolError(LEADER_NOT_AVAILABLE);
    while (!this.#closed.signal.aborted && this.#ready(-1, error).length > 0) {
      trouble.failed(error);
      await this.#wait(PAUSES.firstMs);
    }
    this.#searching = false;
  }

  async #wait(ms: number): Promise<void> {
    await pause(ms, this.#closed.signal);
    await this.#look();
    this.wake();
  }

  /** Finds the leaders, if possible. */
  async #look(): Promise<void> {
    try {
      await this.#findLeaders();
    } catch (error) {
      const [topic, reason] = [this.#topic, describeError(error)];
      logger.debug("the leaders of {topic} are unknown: {reason}", { topic, reason });
    }
  }

  /** The leader's queues that have something to send; batches that are too old are given up. */
  #ready(leader: number, error: unknown): PartitionQueue[] {
    const tooOld = Date.now() - DELIVERY_TIMEOUT_MS;
    return this.queues.filter((queue) => {
      if (this.#leaders[queue.partition] !== leader) return false;
      while (error !== undefined && queue.next !== null && queue.next.since < tooOld) {
        queue.giveUp(this.#notAcknowledged(queue.next, error));
      }
      return queue.next !== null;
    });
  }

  /** Sends one request. Returns the error if a later attempt may help. */
  async #attempt(leader: number, queues: PartitionQueue[]): Promise<unknown> {
    const taken: Array<{ queue: PartitionQueue; batch: Batch }> = [];
    let codes: ReadonlyMap<number, number> | undefined;
    let error: unknown;
    try {
      const node = await this.#cluster.broker(leader);
      await this.#identify(queues);
      const batches = [];
      let size = 0;
      for (const queue of queues) {
        if (size > 0 && size + queue.next!.writer.length > REQUEST_BYTES) continue;
        const batch = queue.take();
        taken.push({ queue, batch });
        batches.push({ partition: queue.partition, bytes: batch.bytes });
        size += batch.bytes.length;
      }
      const memory = (length: number) => this.#memoryFor(leader, length);
      const request = produceRequest({ topic: this.#topic, batches, memory });
      codes = await this.#cluster.send(node, request);
    } catch (thrown) {
      error = thrown;
      // The buffer may still be being written to a socket.
      this.#memory.delete(leader);
      if (taken.length === 0) return this.#unsent(queues, error);
    }
    let again: unknown;
    for (const { queue, batch } of taken) {
      const problem = codes === undefined ? error : problemOf(codes.get(queue.partition));
      if (problem === undefined) {
        queue.stored();
      } else if (isTransient(problem)) {
        queue.again();
        again = problem;
      } else if (TOO_LARGE.has(errorType(problem)!) && queue.split()) {
        logger.info("{topic} only accepts batches smaller than {bytes} bytes", {
          topic: this.#topic,
          bytes: batch.bytes!.length,
        });
      } else if (batch.attempts === 1 && SEQUENCE_LOST.has(errorType(problem)!)) {
        queue.anew();
        again = problem;
      } else {
        queue.giveUp(this.#refused(batch, problem));
      }
    }
    return again;
  }

  /** Nothing was sent: there is no connection or no producer id. */
  #unsent(queues: PartitionQueue[], error: unknown): unknown {
    if (isTransient(error)) return error;
    for (const queue of queues) queue.giveUp(this.#refused(queue.next!, error));
  }

  #memoryFor(leader: number, length: number): Buffer {
    let memory = this.#memory.get(leader);
    if (memory === undefined || memory.length < length) {
      memory = Buffer.allocUnsafe(Math.max(length, REQUEST_BYTES));
      this.#memory.set(leader, memory);
    }
    return memory;
  }

  async #identify(queues: PartitionQueue[]): Promise<void> {
    for (const queue of queues) queue.identity ??= await this.#newIdentity();
  }

  async #newIdentity(): Promise<ProducerIdentity> {
    const node = await this.#cluster.anyBroker();
    const { producerId, producerEpoch } = await this.#cluster.ask(
      node,
      () => node.initProducerId({ transactionTimeout: TRANSACTION_TIMEOUT_MS }),
    );
    return { id: BigInt(producerId), epoch: producerEpoch };
  }

  async #findLeaders(): Promise<void> {
    this.#lookedAt = Date.now();
    const partitions = await this.#cluster.partitions(this.#topic);
    if (partitions === null) return;
    for (const { partition, leader } of partitions) {
      this.#leaders[partition] = leader;
      this.queues[partition] ??= new PartitionQueue(partition, this.#options);
    }
  }

  #notAcknowledged({ writer, attempts }: Batch, error: unknown): Failure {
    return new Failure(
      "service",
      `${this.#cluster.description} has not acknowledged ${
        countText(writer.count, "message")
      } to ` +
        `${this.#topic} within ${DELIVERY_TIMEOUT_MS / 1000} s, after ${attempts} attempts: ` +
        describeError(error),
      {
        cause: error,
        fix: "Check that the brokers are running and that enough replicas are in sync " +
          "(kafka-topics.sh --describe); then send the unacknowledged rows again.",
      },
    );
  }

  #refused({ writer }: Batch, error: unknown): Error {
    if (!TOO_LARGE.has(errorType(error)!)) {
      return refused(this.#cluster.description, `messages to ${this.#topic}`, error);
    }
    return new Failure(
      "service",
      `${this.#topic} does not accept a message of ${writer.length} bytes`,
      {
        cause: error,
        fix: `Set max.message.bytes of the topic to ${writer.length} or more ` +
          "(kafka-configs.sh --alter --entity-type topics).",
      },
    );
  }
}

/** Whether a later attempt may help; the delivery timeout bounds the attempts. */
function isTransient(error: unknown): boolean {
  const verdict = verdictOf(error);
  return verdict === "retry" || verdict === "unknown";
}

/** The error of a partition in a response; `undefined` if its batch is stored. */
function problemOf(code: number = REQUEST_TIMED_OUT): Error | undefined {
  return code === 0 || code === DUPLICATE_SEQUENCE_NUMBER ? undefined : protocolError(code);
}
