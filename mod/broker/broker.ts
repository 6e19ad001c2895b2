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
  /** The next offset to be read, or `null` if the group has committed nothing. */
  offset: number | null;
  /** Text that was committed with it, at most 4 KiB; empty if there is none. */
  metadata: string;
}

/**
 * Which log a topic's name stands for at the moment. A topic that is deleted and recreated, or
 * that is in another cluster, is another log: its offsets mean other messages.
 */
export interface LogIdentity {
  /** The cluster's id; the embedded log has one of its own file. Empty if a broker has none. */
  readonly cluster: string;
  /**
   * The topic's id, as `kafka-topics.sh --describe` prints it. `null` if the broker gives topics
   * no ids (Kafka before 2.8): a topic that is recreated cannot be distinguished from the former one.
   */
  readonly topicId: string | null;
}

/** Whether both are the same log. */
export function isSameLog(a: LogIdentity, b: LogIdentity): boolean {
  return a.cluster === b.cluster && a.topicId === b.topicId;
}

/** Options of a single call. */
export interface CallOptions {
  /** Ends the call early; the signal's reason is thrown. */
  signal?: AbortSignal;
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
  /** Where values lie, for those who can do without an array for each; absent if it is not known. */
  readonly spans?: ValueSpans;
  /** Headers of message `i`, in order. */
  headers(i: number): ReadonlyArray<readonly [name: string, value: Uint8Array | null]>;
  /**
   * The messages that were too large to be taken whole, by their number; absent if there is none.
   * Of these `key` and `value` give the first bytes only, and `headers` nothing.
   */
  readonly cuts?: ReadonlyMap<number, CutMessage>;
}

/** Where the values of a batch's messages lie; valid until the call that got the batch returns. */
export interface ValueSpans {
  /** What the value of message `i` is in. */
  source(i: number): Uint8Array;
  start(i: number): number;
  /** Where it ends, exclusive; -1 for a tombstone. */
  end(i: number): number;
}

/** What is known of a message that was too large to be taken whole. */
export interface CutMessage {
  /** Length of the whole key and of the whole value. */
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** SHA-256 of the whole value, in hexadecimal. */
  readonly valueSha256: string;
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
  /** The log that it is a partition of. */
  readonly log: LogIdentity;
  /**
   * What the group had committed when the partition was assigned. It may lie beyond the partition's
   * end, where the topic was recreated or has lost messages.
   */
  readonly committed: CommittedOffset;
  /** The partition's offsets when it was assigned. */
  readonly offsets: PartitionOffsets;
  /**
   * Offset of the first message that will be delivered: the committed one, otherwise by
   * {@linkcode ConsumeOptions.from}; never below `offsets.low`; or what {@linkcode seek} has set. With
   * `from: "latest"` too, a partition that was added to a group that has committed others begins at
   * its oldest message, and so does a topic that was recreated while it was consumed.
   */
  readonly start: number;
  /**
   * Moves {@linkcode start}. Only inside {@linkcode ConsumerHandler.assigned}. Where retention has
   * removed the offset, deliveries begin with a {@linkcode ConsumerHandler.gap}; where it is beyond
   * the partition's end, the consumption ends with a failure that says so.
   * @param epoch leader epoch of the message before it, if known
   * @throws {Error} deliveries have begun
   */
  seek(offset: number, epoch?: number): void;
  /**
   * Leader epoch of the message before an offset, as it was read: a number that grows with each leader
   * of the partition. `undefined` if it is not known, or the broker has none.
   */
  epochBefore(offset: number): number | undefined;
  /**
   * Confirms that the log still has the messages before an offset that were read of it: that it was
   * not truncated, and written on by another leader. A broker that does not know confirms it. During the
   * deliveries this is done at each change of leader: the consumption ends with the same failure.
   * @param epoch leader epoch of the message before it
   * @throws {Failure} kind `failed`, when the log departs from what was read before that offset
   */
  confirm(offset: number, epoch: number): Promise<void>;
  /** Aborts when the partition is no longer this member's (rebalance, lost session, shutdown). */
  readonly lost: AbortSignal;
  /**
   * Commits for this partition, durable when it returns. Retries what a retry may help, as long as
   * the partition is owned.
   * @throws {FencedError} the partition is no longer this member's; nothing was committed.
   */
  commit(offset: number, metadata: string): Promise<void>;
  /** Stops deliveries after the batch in hand, for good; the member stays in its group. Twice is once. */
  pause(): void;
}

/**
 * The handler of a consumer; calls never overlap for one partition. A call may throw the
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
   * The group is about to rebalance: the last chance to commit, while deliveries are paused. It is not waited for
   * long, and not called where the partitions are already lost.
   */
  revoking?(): Promise<void>;
  /** Position moved past records that are never delivered (control records, aborted transactions). */
  skipped?(partition: number, nextOffset: number): void;
  /**
   * The partition's messages `[from, to)` were removed by retention before they were read; deliveries
   * continue at `to`. Called between two batches. Not called for what was missing at the assignment
   * already: there `start` is above the committed offset.
   */
  gap(partition: number, from: number, to: number): Promise<void>;
  /**
   * A record batch cannot be read: it is damaged, or of an unknown version. Everything before it
   * was delivered; deliveries continue behind it when this returns. Without this method such a batch ends
   * the consumption with a failure.
   */
  unreadable?(partition: number, batch: UnreadableBatch): Promise<void>;
  /**
   * A partition could not be read for a minute (no leader, a failing disk, ...), or, with `null`,
   * can be again. The others continue meanwhile.
   */
  stalled?(partition: number, stall: PartitionStall | null): void;
  /**
   * Nothing of a partition can be delivered because a transaction has been open for a while; told again
   * now and then while it is.
   */
  waiting?(partition: number, transaction: OpenTransaction): void;
  /** A request to the broker has failed and is retried. The adapter logs it now and then. */
  retried?(what: "commit", error: unknown): void;
}

/** Why and since when a partition cannot be read. */
export interface PartitionStall {
  /** Milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  readonly reason: string;
}

/** A producer's transaction that was neither committed nor aborted yet. */
export interface OpenTransaction {
  /** Its first offset, and the offset after the partition's last message. */
  readonly first: number;
  readonly end: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** When its first message was sent, milliseconds since 1970 UTC. */
  readonly sinceMs: number;
}

/** A record batch that cannot be read. */
export interface UnreadableBatch {
  /** First offset that is lost with it, and the offset after the last one. */
  readonly first: number;
  readonly end: number;
  /** The whole batch, as the broker stores it; valid until the call that got it returns. */
  readonly bytes: Uint8Array;
  /** What is wrong with it, such as `its checksum is wrong`. */
  readonly reason: string;
}

/**
 * Metadata of an offset that the broker has committed itself for a group that had none, by `from:
 * "latest"`. Nobody has moved the group there: it is where a partition would begin.
 */
export const BEGUN_AT_END = "ticklake: begun by --from latest";

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
  /**
   * Bytes that a message may have to be taken whole; of larger ones only the beginning is
   * ({@linkcode RecordBatch.cuts}). @default 16 MiB
   */
  maxMessageBytes?: number;
  /**
   * Milliseconds for which a partition that cannot be read is retried before the handler is told, or
   * before an error of unknown meaning ends the consumption. @default {60_000}
   */
  stallMs?: number;
}

/** Options of {@linkcode Broker.producer}. */
export interface ProducerOptions extends CallOptions {
  topic: string;
  /** Of the batches; the embedded log's are never compressed. @default {"none"} */
  compression?: "none" | "gzip" | "snappy" | "zstd";
  /**
   * Most bytes of a batch of several messages, before compression. What the topic does not take is sent
   * in smaller ones. @default 256 KiB
   */
  batchBytes?: number;
}

/** Sends messages to one topic. */
export interface Producer {
  /**
   * Sends messages; resolves with their number when all replicas in sync have acknowledged all of
   * them. Messages with the same key keep the order of the calls. Several calls may be in flight.
   * When the signal aborts they may have been stored, or not.
   * @throws {Failure} kind `service`, when they were not acknowledged in time.
   */
  send(messages: OutgoingMessage[], options?: CallOptions): Promise<number>;
  /** Waits for what is being sent, until the signal aborts; then closes the connections. */
  close(options?: CallOptions): Promise<void>;
}

/** Options of {@linkcode Broker.topicOffsets}. */
export interface TopicOffsetsOptions extends CallOptions {
  /** Called with the partitions that have no leader at the moment; they are left out. */
  leaderless?(partitions: number[]): void;
}

/** Options of {@linkcode Broker.read}. */
export interface ReadOptions extends CallOptions {
  /** The partition's first offset, by a caller who has just asked for it: it is not asked for again. */
  low?: number;
  /** As {@linkcode ConsumeOptions.maxMessageBytes}. */
  maxMessageBytes?: number;
  /** Called for each batch that is skipped. */
  unreadable?(batch: UnreadableBatch): void;
}

/** Options of {@linkcode Broker.ensureTopic}. */
export interface TopicOptions extends CallOptions {
  /** Partitions when the topic is created; the number of an existing one is left as it is. */
  partitions: number;
}

/** A broker: Kafka, or the embedded log. */
export interface Broker {
  /** For people: which broker this is, such as `Kafka at localhost:9092`. */
  readonly description: string;
  /**
   * Creates the topic unless it exists.
   * @throws {Failure} kind `service`, when the broker cannot be reached or refuses.
   */
  ensureTopic(
    topic: string,
    options: TopicOptions,
  ): Promise<{ created: boolean; partitions: number }>;
  /** Names of its topics, sorted, without the broker's internal ones. @throws {Failure} kind `service` */
  topicNames(options?: CallOptions): Promise<string[]>;
  /**
   * Each partition's offsets, by partition; `null` when there is no such topic.
   * @throws {Failure} kind `service`, also where a partition has no leader and `leaderless` is not given
   */
  topicOffsets(topic: string, options?: TopicOffsetsOptions): Promise<PartitionOffsets[] | null>;
  /**
   * Which log the topic is now; `null` when there is no such topic.
   * @throws {Failure} kind `service`.
   */
  log(topic: string, options?: CallOptions): Promise<LogIdentity | null>;
  /** What a group has committed for each partition of a topic; empty for an unknown group or topic. */
  groupOffsets(group: string, topic: string, options?: CallOptions): Promise<CommittedOffset[]>;
  /**
   * The messages at offsets `[from, to)` of a partition, as far as they are still there, outside of
   * any group. A batch may begin before and end after what was asked for, and is valid until the next.
   * Unreadable batches are skipped.
   * @throws {Failure} kind `service`
   */
  read(
    topic: string,
    partition: number,
    from: number,
    to: number,
    options?: ReadOptions,
  ): AsyncIterable<RecordBatch>;
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
