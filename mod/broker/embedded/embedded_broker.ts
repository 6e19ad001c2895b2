import { noSuchTopic } from "../absent_topic.ts";
import { getLogger } from "@logtape/logtape";
import { messageOf } from "../../failure/failure.ts";
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
  TopicOptions,
} from "../broker.ts";
import { BlockBatch } from "./block_batch.ts";
import { ChangeWatch } from "./change_watch.ts";
import { readCommitted } from "./committed_offsets.ts";
import { EmbeddedConsumer } from "./embedded_consumer.ts";
import { EmbeddedProducer } from "./embedded_producer.ts";
import { identify, readIdentity } from "./identity.ts";
import { GroupCommit } from "./group_commit.ts";
import { LogFile } from "./log_file.ts";
import { LOST_REASON } from "./lost_offsets.ts";
import { readBlocks } from "./read_blocks.ts";
import { abortable } from "../../wait/abortable.ts";
import { retain, type Retention } from "./retention.ts";
import { addPartitions, countPartitions, readOffsets, readTopicNames, trim } from "./topics.ts";

/** Bytes of one piece of {@linkcode EmbeddedBroker.read}. */
const READ_BYTES = 4 * 2 ** 20;

/** Milliseconds between two runs of retention. */
const RETAIN_EVERY_MS = 10 * 60_000;

const logger = getLogger(["ticklake", "broker"]);

/** Options of {@linkcode openEmbeddedBroker}. */
export interface EmbeddedOptions {
  /**
   * Milliseconds after which a silent consumer loses its partitions to others.
   * @default {6_000}
   */
  leaseMs?: number;
  /** What is removed while something is produced or consumed. @default {nothing} */
  retention?: Retention;
}

/**
 * Opens the embedded log: a broker in one SQLite file, for the processes of one host. What it has
 * acknowledged survives SIGKILL and the loss of power.
 * @param path the file; it and its directories are created where they are missing
 * @throws {Failure} kind `service` when the file cannot be opened or written; kind `failed` when it is
 * something else, damaged, or of a newer version
 */
export async function openEmbeddedBroker(
  path: string,
  options: EmbeddedOptions = {},
): Promise<EmbeddedBroker> {
  return new EmbeddedBroker(await LogFile.open(path), options);
}

/** The broker in one SQLite file. */
export class EmbeddedBroker implements Broker {
  readonly description: string;
  readonly #file: LogFile;
  readonly #leaseMs: number;
  readonly #retention: Retention | undefined;
  #retaining: ReturnType<typeof setInterval> | undefined;
  readonly #watch: ChangeWatch;
  readonly #commits: GroupCommit;
  readonly #closing = new AbortController();
  readonly #consumers = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  constructor(file: LogFile, { leaseMs = 6000, retention }: EmbeddedOptions) {
    this.#retention = retention;
    this.description = `the embedded log ${file.path}`;
    this.#file = file;
    this.#leaseMs = leaseMs;
    this.#watch = new ChangeWatch(file);
    this.#commits = new GroupCommit(file, () => this.#watch.notify());
  }

  ensureTopic(
    topic: string,
    { partitions, signal }: TopicOptions,
  ): Promise<{ created: boolean; partitions: number }> {
    const change = () => {
      const existing = countPartitions(this.#file, topic);
      if (existing > 0) return { created: false, partitions: existing };
      addPartitions(this.#file, topic, partitions);
      return { created: true, partitions };
    };
    return abortable(this.#commits.submit(change), signal);
  }

  async topicOffsets(
    topic: string,
    { signal }: CallOptions = {},
  ): Promise<PartitionOffsets[] | null> {
    const offsets = await this.#file.read(() => readOffsets(this.#file, topic), signal);
    return offsets.length === 0 ? null : offsets;
  }

  async log(topic: string, { signal }: CallOptions = {}): Promise<LogIdentity | null> {
    const { partitions, log } = await this.#file.read(() => ({
      partitions: countPartitions(this.#file, topic),
      log: readIdentity(this.#file, topic),
    }), signal);
    if (partitions === 0) return null;
    return log ?? await abortable(this.#commits.submit(() => identify(this.#file, topic)), signal);
  }

  groupOffsets(
    group: string,
    topic: string,
    { signal }: CallOptions = {},
  ): Promise<CommittedOffset[]> {
    return this.#file.read(() => readCommitted(this.#file, group, topic), signal);
  }

  async *read(
    topic: string,
    partition: number,
    from: number,
    to: number,
    { signal, ...known }: ReadOptions = {},
  ): AsyncIterable<RecordBatch> {
    const low = known.low ?? (await this.topicOffsets(topic, { signal }))
      ?.find((offsets) => offsets.partition === partition)?.low ??
      0;
    for (let next = Math.max(from, low); next < to;) {
      const { high, blocks, lostUntil } = await this.#file.read(
        () => readBlocks(this.#file, topic, partition, next, READ_BYTES),
        signal,
      );
      if (lostUntil !== undefined) {
        const lost = { first: next, end: lostUntil, bytes: new Uint8Array(), reason: LOST_REASON };
        known.unreadable?.(lost);
        next = lostUntil;
        continue;
      }
      if (blocks.length === 0) return;
      const batch = new BlockBatch(partition, next, blocks, high);
      next = batch.nextOffset;
      yield batch;
    }
  }

  async producer({ topic, signal }: ProducerOptions): Promise<Producer> {
    const partitions = await this.#knownPartitions(topic, signal);
    this.#retain();
    return new EmbeddedProducer(this.#file, this.#commits, topic, partitions);
  }

  async consume(options: ConsumeOptions): Promise<void> {
    const { signal } = options;
    try {
      await this.#knownPartitions(options.topic, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#retain();
    const consumer = new EmbeddedConsumer({
      file: this.#file,
      commits: this.#commits,
      watch: this.#watch,
      leaseMs: this.#leaseMs,
      options: { ...options, signal: AbortSignal.any([signal, this.#closing.signal]) },
    });
    const done = consumer.run();
    this.#consumers.add(done);
    try {
      await done;
    } finally {
      this.#consumers.delete(done);
    }
  }

  topicNames({ signal }: CallOptions = {}): Promise<string[]> {
    return this.#file.read(() => readTopicNames(this.#file), signal);
  }

  async #knownPartitions(topic: string, signal?: AbortSignal): Promise<number> {
    const partitions = await this.#file.read(() => countPartitions(this.#file, topic), signal);
    if (partitions > 0) return partitions;
    throw await noSuchTopic(this, topic, { signal });
  }

  /** Runs retention now and every few minutes. */
  #retain(): void {
    const retention = this.#retention;
    if (retention === undefined || this.#retaining !== undefined) return;
    const once = async () => {
      try {
        const removed = await this.#commits.submit(() => retain(this.#file, retention, Date.now()));
        if (removed > 0) logger.info("retention removed {removed} messages", { removed });
      } catch (error) {
        // Retried later; messages that are kept longer do no harm.
        logger.warn("retention failed: {error}", { error: messageOf(error) });
      }
    };
    once();
    this.#retaining = setInterval(once, RETAIN_EVERY_MS);
    Deno.unrefTimer(this.#retaining);
  }

  /** Gives an existing topic more partitions; fewer or as many changes nothing. */
  addPartitions(topic: string, partitions: number): Promise<void> {
    return this.#commits.submit(() => addPartitions(this.#file, topic, partitions));
  }

  /** Removes the messages of a partition before an offset, as Kafka's retention does. */
  trim(topic: string, partition: number, before: number): Promise<void> {
    return this.#commits.submit(() => trim(this.#file, topic, partition, before));
  }

  /** Ends the consumers, waits for what is being written, and closes the file. Twice is once. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#retaining);
    await Promise.allSettled(this.#consumers);
    await this.#commits.settled();
    this.#file.close();
  }
}
