import type { KafkaConfig } from "kafkajs";
import type { Settings } from "../../config/settings.ts";
import { Failure } from "../../failure/failure.ts";
import { abortable } from "../../wait/abortable.ts";
import type {
  Broker,
  CommittedOffset,
  ConsumeOptions,
  PartitionOffsets,
  Producer,
  ProducerOptions,
  RecordBatch,
  TopicOptions,
} from "../broker.ts";
import { clientOptions } from "./client.ts";
import { Cluster } from "./cluster.ts";
import { Consumption } from "./consumption.ts";
import { checkTopicName, createTopic, readyPartitions } from "./ensure_topic.ts";
import { fetchRecords } from "./fetch_records.ts";
import { committedOffsets, topicOffsets } from "./offsets.ts";
import { KafkaProducer } from "./producer.ts";
import { RecordReader } from "./record_batch_reader.ts";
import { retryingOrRefused } from "./retry.ts";
import { cannotConnect } from "./unreachable.ts";

/** Milliseconds for which a question is asked again while a broker does not answer. */
const PATIENCE_MS = 12_000;

/**
 * Opens Kafka.
 * @throws {Failure} kind `service`, within 12 seconds, when it cannot be reached; kind `usage`, when
 * the settings are wrong
 */
export async function openKafkaBroker(settings: Settings): Promise<Broker> {
  const broker = new KafkaBroker(clientOptions(settings), settings.sessionTimeout);
  await broker.connect();
  return broker;
}

/** A Kafka cluster. */
class KafkaBroker implements Broker {
  readonly description: string;
  readonly #config: KafkaConfig;
  readonly #sessionTimeoutMs: number;
  /** For questions; a consumer and a producer have connections of their own. */
  readonly #cluster: Cluster;
  readonly #closing = new AbortController();
  readonly #open = new Set<Promise<unknown>>();

  constructor(config: KafkaConfig, sessionTimeoutMs: number) {
    this.#config = config;
    this.#sessionTimeoutMs = sessionTimeoutMs;
    this.#cluster = new Cluster(config);
    this.description = this.#cluster.description;
  }

  /** @throws {Failure} kind `service` */
  connect(): Promise<void> {
    return this.#cluster.connect();
  }

  async ensureTopic(
    topic: string,
    options: TopicOptions,
  ): Promise<{ created: boolean; partitions: number }> {
    checkTopicName(topic);
    const created = await this.#asking(
      `creating topic ${topic}`,
      () => createTopic(this.#cluster, topic, options),
    );
    const partitions = await this.#asking(
      `asking for topic ${topic}`,
      () => readyPartitions(this.#cluster, topic),
    );
    return { created, partitions };
  }

  topicOffsets(topic: string): Promise<PartitionOffsets[] | null> {
    return this.#asking(
      `asking for the offsets of ${topic}`,
      () => topicOffsets(this.#cluster, topic),
    );
  }

  async groupOffsets(group: string, topic: string): Promise<CommittedOffset[]> {
    const committed = await this.#asking(`asking for the offsets of group ${group}`, async () => {
      const partitions = await this.#cluster.partitions(topic) ?? [];
      const numbers = partitions.map(({ partition }) => partition);
      return numbers.length === 0
        ? []
        : await committedOffsets(this.#cluster, group, topic, numbers);
    });
    return committed.some(({ offset }) => offset !== null) ? committed : [];
  }

  async *read(
    topic: string,
    partition: number,
    from: number,
    to: number,
  ): AsyncIterable<RecordBatch> {
    const reading = `reading ${topic}`;
    const low = (await this.topicOffsets(topic))
      ?.find((offsets) => offsets.partition === partition)?.low ?? 0;
    for (from = Math.max(from, low); from < to;) {
      const records = await this.#asking(
        reading,
        () => fetchRecords(this.#cluster, topic, partition, from),
      );
      const reader = new RecordReader(records);
      for (let batch = reader.next(); batch !== null; batch = reader.next()) {
        if (batch.count > 0) yield batch;
      }
      if (reader.nextOffset <= from) return;
      from = reader.nextOffset;
    }
  }

  async producer({ topic }: ProducerOptions): Promise<Producer> {
    await this.#mustHave(topic);
    return await KafkaProducer.open(new Cluster(this.#config), topic);
  }

  async consume(options: ConsumeOptions): Promise<void> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const consuming = this.#consume({ ...options, signal });
    this.#open.add(consuming);
    try {
      await consuming;
    } finally {
      this.#open.delete(consuming);
    }
  }

  async #consume(options: ConsumeOptions): Promise<void> {
    const { signal, topic } = options;
    if (signal.aborted) return;
    // A broker that is gone must be noticed well before the session ends.
    const requestTimeoutMs = Math.min(30_000, Math.max(2000, this.#sessionTimeoutMs / 3));
    const cluster = new Cluster(this.#config, { requestTimeoutMs });
    try {
      await abortable(this.#mustHave(topic), signal);
      await abortable(cluster.connect(), signal);
    } catch (error) {
      cluster.close();
      if (signal.aborted) return;
      throw error;
    }
    await new Consumption(cluster, options, this.#sessionTimeoutMs).run();
  }

  async #mustHave(topic: string): Promise<void> {
    const partitions = await this.#asking(
      `asking for topic ${topic}`,
      () => this.#cluster.partitions(topic),
    );
    if (partitions !== null) return;
    throw new Failure("service", `topic ${topic} does not exist in ${this.description}`, {
      fix: "Send to it first (`ticklake produce` creates it), or check --topic.",
    });
  }

  async #asking<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    let last: unknown;
    try {
      return await retryingOrRefused(this.description, doing, patience, async () => {
        try {
          return await ask();
        } catch (error) {
          last = error;
          throw error;
        }
      });
    } catch (error) {
      throw error === patience.reason
        ? cannotConnect(this.#config.brokers as string[], last ?? error)
        : error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException("the broker was closed", "AbortError"));
    await Promise.allSettled(this.#open);
    this.#cluster.close();
  }
}
