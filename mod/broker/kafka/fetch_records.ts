import type { Cluster } from "./cluster.ts";
import { FETCH_KEY, fetchRequest } from "./fetch_request.ts";
import { protocolError } from "./raw_request.ts";
import type { FetchedRecords } from "./record_batch_reader.ts";

/** Milliseconds that the broker waits for data at the end of the partition. */
const MAX_WAIT_MS = 50;

/** Kafka's code for what passes. */
const REQUEST_TIMED_OUT = 7;

const MAX_BYTES = 4 * 2 ** 20;

/** Options of {@linkcode fetchRecords}. */
export interface FetchRecordsOptions {
  /** Maximum bytes; a single record batch may be larger. @default {4 MiB} */
  maxBytes?: number;
  /** Whether to include messages of open and aborted transactions. @default {false} */
  uncommitted?: boolean;
}

/**
 * Fetches once from an offset, outside any group; returns no bytes at the partition's end.
 * @param leader id of the broker that leads the partition
 */
export async function fetchRecords(
  cluster: Cluster,
  leader: number,
  topic: string,
  partition: number,
  offset: number,
  { maxBytes = MAX_BYTES, uncommitted = false }: FetchRecordsOptions = {},
): Promise<FetchedRecords> {
  const node = await cluster.broker(leader);
  const [answer] = await cluster.send(
    node,
    fetchRequest({
      topic,
      partitions: [{ partition, offset }],
      maxWaitMs: MAX_WAIT_MS,
      maxBytes,
      maxBytesPerPartition: maxBytes,
      uncommitted,
    }, node.versions[FETCH_KEY].maxVersion),
  );
  // A broker that throttles us responds without data.
  if (answer === undefined) throw protocolError(REQUEST_TIMED_OUT);
  if ("error" in answer) throw answer.error;
  if ("divergence" in answer) throw new Error("diverging epoch: expected none, as none was sent");
  return answer.records;
}
