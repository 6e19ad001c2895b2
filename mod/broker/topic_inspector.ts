/**
 * The port of `ticklake topic`: what a broker knows of its topics and of who reads them. It reads and never
 * commits.
 */

/** One topic of a broker. */
export interface TopicSummary {
  topic: string;
  partitions: number;
}

/** One partition, as the broker describes it. */
export interface InspectedPartition {
  partition: number;
  /** Id of the broker that leads it; `null` while none does, and for the embedded log. */
  leader: number | null;
  /** Ids of the brokers with a copy. */
  replicas: number[];
  /** Those of them that are in sync. */
  inSync: number[];
  /** Offset of the oldest message still there. */
  low: number;
  /** Offset that the next message will get. */
  high: number;
  /** Bytes on the leader's disk; `null` if the broker does not say. */
  bytes: number | null;
}

/** A group that has committed offsets of a topic. */
export interface InspectedGroup {
  group: string;
  /** Such as `Stable` or `Empty`; Kafka's words. */
  state: string;
  members: number;
  /** What it has committed; partitions without a committed offset are left out. */
  partitions: Array<{ partition: number; committed: number; lag: number }>;
}

/** A topic, described. */
export interface TopicDescription {
  topic: string;
  partitions: InspectedPartition[];
  /** Settings that decide how long messages stay and how large they may be, by Kafka's names. */
  settings: Record<string, string>;
  groups: InspectedGroup[];
}

/** What a broker can be asked about its topics. */
export interface TopicInspector {
  /** All topics but the broker's own, by name. @throws {Failure} kind `service` */
  topics(signal: AbortSignal): Promise<TopicSummary[]>;
  /** A topic; `null` when there is none of that name. @throws {Failure} kind `service` */
  describe(topic: string, signal: AbortSignal): Promise<TopicDescription | null>;
  /**
   * For each partition the offset of the first message whose timestamp is not below `timeMs`, otherwise the
   * offset that the next message will get. @throws {Failure} kind `service`
   */
  offsetsAt(topic: string, timeMs: number, signal: AbortSignal): Promise<Map<number, number>>;
  close(): Promise<void>;
}
