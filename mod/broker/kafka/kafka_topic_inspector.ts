import type { CallOptions } from "../broker.ts";
import type { Settings } from "../../config/settings.ts";
import type {
  InspectedGroup,
  InspectedPartition,
  TopicDescription,
  TopicInspector,
  TopicSummary,
} from "../topic_inspector.ts";
import { AdminConnection } from "./admin_connection.ts";
import { describeLogDirsRequest } from "./describe_log_dirs_request.ts";
import { errorType } from "./request_error.ts";

/** Settings of a topic that are shown: how long messages stay, and how large they may be. */
const SHOWN = ["cleanup.policy", "retention.ms", "retention.bytes", "max.message.bytes"];

/** Kafka's number of the kind of resource that is a topic. */
const TOPIC_RESOURCE = 2;

/** Topics of the broker itself. */
const INTERNAL = /^__(consumer_offsets|transaction_state|share_group_state|cluster_metadata)$/;

/**
 * Opens Kafka to look into its topics.
 * @throws {Failure} kind `service`, when it cannot be reached
 */
export async function openKafkaTopicInspector(
  settings: Settings,
  options: CallOptions,
): Promise<TopicInspector> {
  return new KafkaTopicInspector(await AdminConnection.open(settings, options));
}

class KafkaTopicInspector implements TopicInspector {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  topics(signal: AbortSignal): Promise<TopicSummary[]> {
    return this.#connection.asking("asking for the topics", signal, async () => {
      const names = (await this.#connection.admin.listTopics()).filter((name) =>
        !INTERNAL.test(name)
      ).sort();
      if (names.length === 0) return [];
      const { topics } = await this.#connection.admin.fetchTopicMetadata({ topics: names });
      return topics.map(({ name, partitions }) => ({ topic: name, partitions: partitions.length }))
        .sort((a, b) => a.topic < b.topic ? -1 : 1);
    });
  }

  describe(topic: string, signal: AbortSignal): Promise<TopicDescription | null> {
    return this.#connection.asking(`asking for topic ${topic}`, signal, async () => {
      const found = await this.#connection.cluster.partitions(topic);
      if (found === null) return null;
      const partitions = await this.#partitions(topic);
      return {
        topic,
        partitions,
        settings: await this.#settings(topic),
        groups: await this.#groups(topic, partitions),
      };
    });
  }

  async #partitions(topic: string): Promise<InspectedPartition[]> {
    const [{ topics: [{ partitions }] }, offsets] = await Promise.all([
      this.#connection.admin.fetchTopicMetadata({ topics: [topic] }),
      this.#connection.admin.fetchTopicOffsets(topic),
    ]);
    const bounds = new Map(offsets.map((offset) => [offset.partition, offset]));
    const sizes = await this.#sizes(topic, partitions);
    return partitions.map(({ partitionId, leader, replicas, isr }) => ({
      partition: partitionId,
      leader: leader < 0 ? null : leader,
      replicas,
      inSync: isr,
      low: Number(bounds.get(partitionId)?.low ?? 0),
      high: Number(bounds.get(partitionId)?.high ?? 0),
      bytes: sizes?.get(partitionId) ?? null,
    })).sort((a, b) => a.partition - b.partition);
  }

  /** Bytes by partition; `undefined` if this user may not ask. */
  async #sizes(
    topic: string,
    partitions: ReadonlyArray<{ partitionId: number; leader: number }>,
  ): Promise<Map<number, number> | undefined> {
    const sizes = new Map<number, number>();
    try {
      for (const leader of new Set(partitions.map(({ leader }) => leader))) {
        if (leader < 0) continue;
        const own = partitions.filter((partition) => partition.leader === leader)
          .map(({ partitionId }) => partitionId);
        const node = await this.#connection.cluster.broker(leader);
        const answer = await this.#connection.cluster.send(
          node,
          describeLogDirsRequest(topic, own),
        );
        for (const [partition, bytes] of answer) sizes.set(partition, bytes);
      }
      return sizes;
    } catch (error) {
      if (errorType(error) === "CLUSTER_AUTHORIZATION_FAILED") return undefined;
      throw error;
    }
  }

  /** Empty if this user may not ask. */
  async #settings(topic: string): Promise<Record<string, string>> {
    try {
      const { resources: [{ configEntries }] } = await this.#connection.admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: SHOWN }],
      });
      return Object.fromEntries(
        configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
    } catch (error) {
      if (errorType(error) === "TOPIC_AUTHORIZATION_FAILED") return {};
      throw error;
    }
  }

  async #groups(topic: string, partitions: InspectedPartition[]): Promise<InspectedGroup[]> {
    const high = new Map(partitions.map((partition) => [partition.partition, partition.high]));
    const { groups } = await this.#connection.admin.listGroups();
    const ids = groups.filter(({ protocolType }) => ["consumer", ""].includes(protocolType))
      .map(({ groupId }) => groupId).sort();
    if (ids.length === 0) return [];
    const described = new Map(
      (await this.#connection.admin.describeGroups(ids)).groups.map((
        group,
      ) => [group.groupId, group]),
    );
    const found: InspectedGroup[] = [];
    for (const group of ids) {
      const [{ partitions: offsets }] = await this.#connection.admin.fetchOffsets({
        groupId: group,
        topics: [topic],
      });
      const committed = offsets.map(({ partition, offset }) => ({
        partition,
        committed: Number(offset),
        lag: Math.max(0, (high.get(partition) ?? 0) - Number(offset)),
      })).filter(({ committed }) => committed >= 0).sort((a, b) => a.partition - b.partition);
      if (committed.length === 0) continue;
      const { state = "Unknown", members = [] } = described.get(group) ?? {};
      found.push({ group, state, members: members.length, partitions: committed });
    }
    return found;
  }

  offsetsAt(topic: string, timeMs: number, signal: AbortSignal): Promise<Map<number, number>> {
    return this.#connection.asking(`asking for the offsets of ${topic}`, signal, async () => {
      const offsets = await this.#connection.admin.fetchTopicOffsetsByTimestamp(topic, timeMs);
      return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
