import { noSuchTopic } from "../absent_topic.ts";
import type { KafkaConfig } from "kafkajs";
import type { Settings } from "../../config/settings.ts";
import type {
  Broker,
  CallOptions,
  CommittedOffset,
  ConsumeOptions,
  LogIdentity,
  PartitionOffsets,
  Producer,
  ProducerOptions,
  ReadOptions,
  RecordBatch,
  TopicOffsetsOptions,
  TopicOptions,
} from "../broker.ts";
import { clientOptions } from "./client.ts";
import { Cluster, type PartitionLeader } from "./cluster.ts";
import { Consumption } from "./consumption.ts";
import { checkTopicName, countPartitions, createTopic, readyPartitions } from "./ensure_topic.ts";
import { fetchRecords } from "./fetch_records.ts";
import { committedOffsets, partitionOffsets } from "./offsets.ts";
import { KafkaProducer } from "./producer.ts";
import { type FetchedRecords, RecordReader, UnreadableBatchError } from "./record_batch_reader.ts";
import { protocolError } from "./raw_request.ts";
import { retryingOrRefused } from "./retry.ts";
import { cannotConnect } from "./unreachable.ts";

/** Milliseconds for which a question is asked again while a broker does not answer. */
const PATIENCE_MS = 12_000;

/** Kafka's code for a partition that a broker does not know, or not yet. */
const UNKNOWN_TOPIC_OR_PARTITION = 3;

/**
 * Opens Kafka.
 * @throws {Failure} kind `service`, within 12 seconds, when it cannot be reached; kind `usage`, when
 * the settings are wrong; the signal's reason
 */
export async function openKafkaBroker(
  settings: Settings,
  options: CallOptions = {},
): Promise<Broker> {
  const config = await clientOptions(settings, options.signal);
  const broker = new KafkaBroker(config, settings.sessionTimeout);
  await broker.connect(options);
  return broker;
}

/** A Kafka cluster. */
class KafkaBroker implements Broker {
  readonly description: string;
  readonly #config: KafkaConfig;
  readonly #sessionTimeoutMs: number;
  /** For questions; a consumer and a producer have connections of their own. */
  readonly #cluster: Cluster;
  /** Who leads the partitions of a topic, as it was last seen: for reading, which notices a change. */
  readonly #leaders = new Map<string, PartitionLeader[]>();
  readonly #closing = new AbortController();
  readonly #open = new Set<Promise<unknown>>();

  constructor(config: KafkaConfig, sessionTimeoutMs: number) {
    this.#config = config;
    this.#sessionTimeoutMs = sessionTimeoutMs;
    this.#cluster = new Cluster(config);
    this.description = this.#cluster.description;
  }

  /** @throws {Failure} kind `service` */
  connect(options: CallOptions): Promise<void> {
    return this.#cluster.connect(options);
  }

  async ensureTopic(
    topic: string,
    options: TopicOptions,
  ): Promise<{ created: boolean; partitions: number }> {
    checkTopicName(topic);
    const created = await this.#asking(
      `creating topic ${topic}`,
      options,
      () => createTopic(this.#cluster, topic, options),
    );
    const partitions = await this.#asking(
      `asking for topic ${topic}`,
      options,
      () => created ? readyPartitions(this.#cluster, topic) : countPartitions(this.#cluster, topic),
    );
    return { created, partitions };
  }

  topicOffsets(
    topic: string,
    options: TopicOffsetsOptions = {},
  ): Promise<PartitionOffsets[] | null> {
    return this.#asking(
      `asking for the offsets of ${topic}`,
      options,
      async (signal) => {
        const leaders = await this.#cluster.partitions(topic);
        if (leaders === null) return null;
        this.#leaders.set(topic, leaders);
        const { leaderless } = options;
        const led = leaders.filter(({ leader }) => leaderless === undefined || leader >= 0);
        if (led.length < leaders.length) {
          const others = leaders.filter(({ leader }) => leader < 0);
          leaderless!(others.map(({ partition }) => partition));
        }
        return await partitionOffsets(this.#cluster, topic, led, signal);
      },
    );
  }

  topicNames(options: CallOptions = {}): Promise<string[]> {
    return this.#asking("asking for the topics", options, () => this.#cluster.topicNames());
  }

  async log(topic: string, options: CallOptions = {}): Promise<LogIdentity | null> {
    const found = await this.#asking(
      `asking for topic ${topic}`,
      options,
      () => this.#cluster.topic(topic),
    );
    return found?.log ?? null;
  }

  async groupOffsets(
    group: string,
    topic: string,
    options: CallOptions = {},
  ): Promise<CommittedOffset[]> {
    const doing = `asking for the offsets of group ${group}`;
    const committed = await this.#asking(doing, options, async (signal) => {
      const partitions = await this.#cluster.partitions(topic) ?? [];
      const numbers = partitions.map(({ partition }) => partition);
      signal.throwIfAborted();
      return numbers.length === 0
        ? []
        : (await committedOffsets(this.#cluster, group, topic, numbers))
          .map(({ partition, offset, metadata }) => ({ partition, offset, metadata }));
    });
    return committed.some(({ offset }) => offset !== null) ? committed : [];
  }

  async *read(
    topic: string,
    partition: number,
    from: number,
    to: number,
    options: ReadOptions = {},
  ): AsyncIterable<RecordBatch> {
    const reading = `reading ${topic}`;
    const low = options.low ?? (await this.topicOffsets(topic, { ...options, leaderless() {} }))
      ?.find((offsets) => offsets.partition === partition)?.low ??
      0;
    for (from = Math.max(from, low); from < to;) {
      const records = await this.#asking(
        reading,
        options,
        () => this.#fetch(topic, partition, from),
      );
      const reader = new RecordReader(records, { mostMessageBytes: options.maxMessageBytes });
      for (let more = true; more;) {
        try {
          const batch = reader.next();
          more = batch !== null;
          if (batch !== null && batch.count > 0) yield batch;
        } catch (error) {
          if (!(error instanceof UnreadableBatchError)) throw error;
          options.unreadable?.(error);
          more = reader.skip(error);
        }
      }
      if (reader.nextOffset <= from) return;
      from = reader.nextOffset;
    }
  }

  async #fetch(topic: string, partition: number, from: number): Promise<FetchedRecords> {
    const known = this.#leaders.get(topic) ?? await this.#cluster.partitions(topic) ?? [];
    const leader = known.find((candidate) => candidate.partition === partition)?.leader;
    try {
      if (leader === undefined) throw protocolError(UNKNOWN_TOPIC_OR_PARTITION);
      const records = await fetchRecords(this.#cluster, leader, topic, partition, from);
      this.#leaders.set(topic, known);
      return records;
    } catch (error) {
      this.#leaders.delete(topic);
      throw error;
    }
  }

  async producer(options: ProducerOptions): Promise<Producer> {
    await this.#mustHave(options.topic, options);
    return await KafkaProducer.open(new Cluster(this.#config), options);
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
      await this.#mustHave(topic, { signal });
      await cluster.connect({ signal });
    } catch (error) {
      cluster.close();
      if (signal.aborted) return;
      throw error;
    }
    await new Consumption(cluster, options, this.#sessionTimeoutMs).run();
  }

  async #mustHave(topic: string, options: CallOptions): Promise<void> {
    const partitions = await this.#asking(
      `asking for topic ${topic}`,
      options,
      () => this.#cluster.partitions(topic),
    );
    if (partitions !== null) return;
    throw await noSuchTopic(this, topic, options);
  }

  async #asking<T>(
    doing: string,
    { signal }: CallOptions,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const ends = signal === undefined ? patience : AbortSignal.any([signal, patience]);
    let last: unknown;
    try {
      return await retryingOrRefused(this.description, doing, ends, async () => {
        try {
          return await ask(ends);
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
