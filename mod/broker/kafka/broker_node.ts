import type { BrokersAnswer } from "./metadata_request.ts";
import type { RawConnection } from "./raw_request.ts";

/** A request as kafkajs builds it; the type parameter is the only statement of its result. */
export interface KafkaJSRequest<T> {
  readonly request: unknown;
  readonly response: { parse(decoded: unknown): Promise<T> };
  /** Timeout in milliseconds, instead of the connection's. */
  readonly requestTimeout?: number;
}

/**
 * The part of kafkajs's untyped class `Broker` that we use: one broker's connections, and the
 * requests that kafkajs encodes and decodes for us.
 */
export interface BrokerNode {
  readonly nodeId: number | string | null;
  /** Highest version of each request that the broker supports, by API key. */
  readonly versions: Record<number, { minVersion: number; maxVersion: number }>;
  readonly connectionPool: {
    readonly pool: readonly RawConnection[];
    /** The open connection for a kind of request: fetches have one of their own. */
    getConnectionByRequest(ask: { request: { apiKey: number } }): Promise<RawConnection>;
    send<T>(request: KafkaJSRequest<T>): Promise<T>;
  };
  /** The request of an API key, in the newest version that both sides support. */
  lookupRequest<A, T>(apiKey: number, definition: unknown): (ask: A) => KafkaJSRequest<T>;
  /** As {@linkcode metadataRequest}, with which {@linkcode Cluster} replaces kafkajs's own. */
  metadata(topics: string[] | null): Promise<BrokersAnswer>;
  findGroupCoordinator(
    ask: { groupId: string; coordinatorType: 0 },
  ): Promise<{ coordinator: { nodeId: number } }>;
  heartbeat(
    ask: { groupId: string; groupGenerationId: number; memberId: string },
  ): Promise<unknown>;
  leaveGroup(ask: { groupId: string; memberId: string }): Promise<unknown>;
  listOffsets(ask: {
    isolationLevel: 0 | 1;
    topics: ByTopic<{ partition: number; timestamp: -1 | -2 }>;
  }): Promise<{ responses: ByTopic<{ partition: number; offset: string }> }>;
  initProducerId(
    ask: { transactionTimeout: number },
  ): Promise<{ producerId: string; producerEpoch: number }>;
  createTopics(ask: {
    topics: Array<{ topic: string; numPartitions: number; replicationFactor: number }>;
    timeout: number;
  }): Promise<unknown>;
}

type ByTopic<P> = Array<{ topic: string; partitions: P[] }>;
