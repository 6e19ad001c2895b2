import type { PartitionOffsets } from "../broker.ts";
import type { Cluster, PartitionLeader } from "./cluster.ts";
import { type CommittedEpoch, offsetFetchRequest } from "./offset_fetch_request.ts";
import { protocolError } from "./raw_request.ts";

const EARLIEST = -2;
const LATEST = -1;

/** Kafka's code for a partition that has no leader at the moment. */
const LEADER_NOT_AVAILABLE = 5;

/** The offsets of some partitions, by partition. One attempt. */
export async function partitionOffsets(
  cluster: Cluster,
  topic: string,
  leaders: PartitionLeader[],
  signal?: AbortSignal,
): Promise<PartitionOffsets[]> {
  const high = await listOffsets(cluster, topic, leaders, LATEST, signal);
  const low = await listOffsets(cluster, topic, leaders, EARLIEST, signal);
  return leaders
    .map(({ partition }) => ({
      partition,
      low: low.get(partition)!,
      high: Math.max(high.get(partition)!, low.get(partition)!),
    }))
    .sort((a, b) => a.partition - b.partition);
}

async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: PartitionLeader[],
  timestamp: typeof EARLIEST | typeof LATEST,
  signal?: AbortSignal,
): Promise<Map<number, number>> {
  if (partitions.some(({ leader }) => leader < 0)) throw protocolError(LEADER_NOT_AVAILABLE);
  const offsets = new Map<number, number>();
  for (const id of new Set(partitions.map(({ leader }) => leader))) {
    signal?.throwIfAborted();
    const node = await cluster.broker(id);
    const asked = partitions.filter(({ leader }) => leader === id)
      .map(({ partition }) => ({ partition, timestamp }));
    const { responses } = await cluster.ask(node, () =>
      node.listOffsets({
        // Includes records of open transactions: this is the offset of the next message.
        isolationLevel: 0,
        topics: [{ topic, partitions: asked }],
      }));
    for (const { partition, offset } of responses.flatMap(({ partitions }) => partitions)) {
      offsets.set(partition, Number(offset));
    }
  }
  return offsets;
}

/** A group's committed offsets for some partitions, in their order. One attempt. */
export async function committedOffsets(
  cluster: Cluster,
  group: string,
  topic: string,
  partitions: number[],
): Promise<CommittedEpoch[]> {
  const node = await cluster.coordinator(group);
  const found = await cluster.send(node, offsetFetchRequest(group, topic, partitions));
  return partitions.map((partition) =>
    found.find((committed) => committed.partition === partition) ??
      { partition, offset: null, metadata: "", epoch: -1 }
  );
}
