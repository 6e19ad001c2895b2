import { Failure } from "../../failure/failure.ts";
import type { TopicOptions } from "../broker.ts";
import type { Cluster } from "./cluster.ts";
import { protocolError } from "./raw_request.ts";
import { errorType } from "./request_error.ts";

/** The broker's `default.replication.factor` applies; Kafka 2.4 and newer. */
const DEFAULT_REPLICATION = -1;

/** Milliseconds that the controller has. */
const CREATE_TIMEOUT_MS = 10_000;

/** Kafka's code for a partition that has no leader, or not yet. */
const LEADER_NOT_AVAILABLE = 5;

/** The allowed names. Source: Apache Kafka, org.apache.kafka.common.internals.Topic. */
const NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

/** @throws {Failure} kind `usage`, for a name that Kafka does not allow */
export function checkTopicName(topic: string): void {
  if (NAME.test(topic)) return;
  throw new Failure("usage", `topic ${JSON.stringify(topic)} is not a valid Kafka topic name`, {
    fix: "Use up to 249 letters, digits, dots, underscores and hyphens.",
  });
}

/** Creates a topic unless it exists, and returns whether it did. One attempt. */
export async function createTopic(
  cluster: Cluster,
  topic: string,
  { partitions }: TopicOptions,
): Promise<boolean> {
  return await cluster.partitions(topic) === null && await create(cluster, topic, partitions);
}

/** The number of partitions of a topic that exists or is being created. One attempt. */
export async function countPartitions(cluster: Cluster, topic: string): Promise<number> {
  const found = await cluster.partitions(topic);
  if (found === null) throw protocolError(LEADER_NOT_AVAILABLE);
  return found.length;
}

/**
 * The number of partitions of a topic that is being created. One attempt.
 * @throws an error that asks for a retry, until all partitions have a leader
 */
export async function readyPartitions(cluster: Cluster, topic: string): Promise<number> {
  const found = await cluster.partitions(topic);
  if (found === null || found.some(({ leader }) => leader < 0)) {
    throw protocolError(LEADER_NOT_AVAILABLE);
  }
  return found.length;
}

async function create(cluster: Cluster, topic: string, numPartitions: number): Promise<boolean> {
  const node = await cluster.controller();
  const topics = [{ topic, numPartitions, replicationFactor: DEFAULT_REPLICATION }];
  try {
    await cluster.ask(node, () => node.createTopics({ topics, timeout: CREATE_TIMEOUT_MS }));
    return true;
  } catch (error) {
    const [cause] = error instanceof Error && "errors" in error ? error.errors as Error[] : [error];
    if (errorType(cause) === "TOPIC_ALREADY_EXISTS") return false;
    throw cause;
  }
}
