import type { Cluster } from "./cluster.ts";
import { fetchRequest } from "./fetch_request.ts";
import { protocolError } from "./raw_request.ts";
import type { FetchedRecords } from "./record_batch_reader.ts";

/** Milliseconds that the broker waits at the end of the partition. */
const MAX_WAIT_MS = 50;

const MAX_BYTES = 4 * 2 ** 20;

/** Kafka's code for a partition that a broker does not know, or not yet. */
const UNKNOWN_TOPIC_OR_PARTITION = 3;

/**
 * Fetches once from an offset on, outside of any group; no bytes at the partition's end.
 */
export async function fetchRecords(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
): Promise<FetchedRecords> {
  const partitions = await cluster.partitions(topic) ?? [];
  const found = partitions.find((candidate) => candidate.partition === partition);
  if (found === undefined) throw protocolError(UNKNOWN_TOPIC_OR_PARTITION);
  const node = await cluster.broker(found.leader);
  const [answer] = await cluster.send(
    node,
    fetchRequest({
      topic,
      partitions: [{ partition, offset }],
      maxWaitMs: MAX_WAIT_MS,
      maxBytes: MAX_BYTES,
      maxBytesPerPartition: MAX_BYTES,
    }),
  );
  if ("error" in answer) throw answer.error;
  return answer.records;
}
