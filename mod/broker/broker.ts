/**
 * The broker's port: what the commands and the sink need of a partitioned, durable log. Offsets are
 * plain numbers: they stay exact up to 2^53, which is 285 years at a million messages a second.
 */

/** One message as it is sent. */
export interface OutgoingMessage {
  /** Messages with the same key go to the same partition, in order. `null`: any partition. */
  key: string | Uint8Array | null;
  value: string | Uint8Array | null;
}

/** The offsets that a partition holds. */
export interface PartitionOffsets {
  partition: number;
  /** Offset of the oldest message still there. */
  low: number;
  /** Offset that the next message will get. */
  high: number;
}

/** What a consumer group has committed for a partition. */
export interface CommittedOffset {
  partition: number;
  /** The next offset to be read, or `null` where the group has committed nothing. */
  offset: number | null;
  /** Text that was committed with it, at most 4 KiB; empty where there is none. */
  metadata: string;
}

/** Messages of one partition, oldest first. Accessors instead of objects: no allocation a row. */
export interface RecordBatch {
  readonly partition: number;
  /** Number of messages. */
  readonly count: number;
  /** Offset to read next: past the last message, and past control records that were filtered out. */
  readonly nextOffset: number;
  /** Offset that the partition's next message will get, as the broker said with this batch. */
  readonly highWatermark: number;
  /** Offset of message `i`; ascending, not necessarily contiguous. */
  offset(i: number): number;
  /** The broker's timestamp of message `i`, milliseconds since 1970 UTC. */
  timestamp(i: number): number;
  /** Key of message `i`; valid until the call that got the batch returns. */
  key(i: number): Uint8Array | null;
  /** Value of message `i`, `null` for a tombstone; valid until the call that got the batch returns. */
  value(i: number): Uint8Array | null;
  /** Headers of message `i`, in order. */
  headers(i: number): ReadonlyArray<readonly [name: string, value: Uint8Array | null]>;
}

/** A commit, pause or read was refused because another member may own the partition now. */
export class FencedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FencedError";
  }
}

/**
 * One partition that this member owns from an assignment until `lost` aborts. A later assignment of
 * the same partition is a new object; the old one refuses everything.
 */
export interface AssignedPartition {
  readonly partition: number;
  /** What the group had committed when the partition was assigned. */
  readonly committed: CommittedOffset;
  /** The partition's offsets when it was assigned. */
  readonly offsets: PartitionOffsets;
  /**
   * Offset of the first message that will be delivered: the committed one, else by
   * {@linkcode ConsumeOptions.from}; never below `offsets.low`.
   */
  readonly start: number;
  /** Aborts when the partition is no longer this member's (rebalance, lost session, shutdown). */
  readonly lost: AbortSignal;
  /**
   * Commits for this partition, durable when it returns. Retries what a retry may help, as long as
   * the partition is owned.
   * @throws {FencedError} the partition is no longer this member's; nothing was committed.
   */
  commit(offset: number, metadata: string): Promise<void>;
  /** Stops deliveries after the batch in hand; the member stays in its group. Twice is once. */
  pause(): void;
  /** Starts them again. */
  resume(): void;
}

/**
 * What a consumer is told; calls never overlap for one partition. A call may throw the
 * {@linkcode FencedError} of a commit, or the reason of `lost`: the member then joins again.
 */
export interface ConsumerHandler {
  /**
   * A new assignment, complete: partitions that are not in it are lost. Deliveries begin when it
   * returns. Everything of former assignments that is not committed will be delivered again.
   */
  assigned(partitions: AssignedPartition[]): Promise<void>;
  /**
   * Messages of an assigned partition; the next ones come after it returns. It may take as long as it
   * likes (that is how a full buffer stops the reading): the adapter keeps the membership alive
   * meanwhile, and aborts the partition's `lost` when it ends all the same.
   */
  batch(batch: RecordBatch): Promise<void>;
  /**
   * The group is about to share its partitions again: the last moment to commit, while deliveries rest.
   * It is not waited for long, and not called where the partitions are lost already.
   */
  revoking?(): Promise<void>;
  /** Position moved past records that are never delivered (control records, aborted transactions). */
  skipped?(partition: number, nextOffset: number): void;
  /**
   * The partition's messages `[from, to)` were removed by retention before they were read; deliveries
   * go on at `to`. Called between two batches. Not called for what was missing at the assignment
   * already: there `start` lies above the committed offset.
   */
  gap(partition: number, from: number, to: number): Promise<void>;
  /** Something that the broker was asked for has failed, and is tried again. The adapter logs it now and then. */
  retried?(what: "commit", error: unknown): void;
}

/** Options of {@linkcode Broker.consume}. */
export interface ConsumeOptions {
  topic: string;
  group: string;
  /** Where a partition begins for which the group has committed nothing. */
  from: "earliest" | "latest";
  handler: ConsumerHandler;
  /** Ends the consumption: the group is left, then the promise resolves. */
  signal: AbortSignal;
  /** Bytes that one fetch may bring for all partitions together. @default the adapter's, some MiB */
  maxFetchBytes?: number;
}

/** Options of {@linkcode Broker.producer}. */
export interface ProducerOptions {
  topic: string;
}

/** Sends messages to one topic. */
export interface Producer {
  /**
   * Sends messages; resolves with their number when all replicas in sync have acknowledged all of
   * them. Messages with the same key keep the order of the calls. Several calls may be in flight.
   * @throws {Failure} kind `service`, when they were not acknowledged in time.
   */
  send(messages: OutgoingMessage[]): Promise<number>;
  close(): Promise<void>;
}

/** Options of {@linkcode Broker.ensureTopic}. */
export interface TopicOptions {
  /** Partitions when the topic is created; the number of an existing one is left as it is. */
  partitions: number;
}

/** A broker: Kafka, or the embedded log. */
export interface Broker {
  /** For people: which broker this is, such as `Kafka at localhost:9092`. */
  readonly description: string;
  /**
   * Creates the topic unless it is there.
   * @throws {Failure} kind `service`, when the broker cannot be reached or refuses.
   */
  ensureTopic(
    topic: string,
    options: TopicOptions,
  ): Promise<{ created: boolean; partitions: number }>;
  /**
   * Each partition's offsets, by partition; `null` when there is no such topic.
   * @throws {Failure} kind `service`.
   */
  topicOffsets(topic: string): Promise<PartitionOffsets[] | null>;
  /** What a group has committed for each partition of a topic; empty for an unknown group or topic. */
  groupOffsets(group: string, topic: string): Promise<CommittedOffset[]>;
  /**
   * The messages at offsets `[from, to)` of a partition, as far as they are still there, outside of
   * any group. A batch may begin before and end after what was asked for, and is valid until the next.
   * @throws {Failure} kind `service`
   */
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<RecordBatch>;
  /** @throws {Failure} kind `service`, when the broker cannot be reached. */
  producer(options: ProducerOptions): Promise<Producer>;
  /**
   * Consumes as a member of a group until the signal aborts; any other error of the handler ends it
   * too and is thrown.
   * @throws {Failure} kind `service`, when the broker cannot be reached at the start, or there is no
   * such topic.
   */
  consume(options: ConsumeOptions): Promise<void>;
  close(): Promise<void>;
}
