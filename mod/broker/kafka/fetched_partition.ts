import type { Buffer } from "node:buffer";
import { protocolError } from "./raw_request.ts";
import type { AbortedTransaction, FetchedRecords } from "./record_batch_reader.ts";

/** A fetch of one partition. */
export interface FetchPartition {
  partition: number;
  /** First offset to fetch. */
  offset: number;
  /** Leader epoch of the batch before that offset, -1 if unknown. */
  lastEpoch?: number;
}

/** A fetch from one broker. */
export interface Fetch {
  topic: string;
  /** The topic's id if known: then nothing is fetched from another topic of the same name. */
  topicId?: string | null;
  partitions: FetchPartition[];
  /** Milliseconds that the broker may wait for the first byte. */
  maxWaitMs: number;
  /** Maximum bytes for all partitions together; a single record batch may be larger. */
  maxBytes: number;
  maxBytesPerPartition: number;
  /** Whether to include messages of open and aborted transactions. @default {false} */
  uncommitted?: boolean;
}

/** The log no longer contains what was read: it was truncated and then written to again. */
export interface Divergence {
  /** The newest common leader epoch, and the offset at which it ends in the log. */
  epoch: number;
  endOffset: number;
}

/**
 * The result for one partition. `openFrom` is the first offset of its oldest open transaction, if
 * any: nothing from there on is delivered before that ends.
 */
export type FetchedPartition =
  & { partition: number }
  & ({ records: FetchedRecords; openFrom?: number } | { divergence: Divergence } | {
    error: Error;
  });

/** A partition's part of a response, as decoded. */
export interface PartitionAnswer {
  partition: number;
  code: number;
  highWatermark: number;
  /** The last stable offset: every transaction below it has ended. */
  lastStable: number;
  aborted: AbortedTransaction[];
  /** A view of the response, not a copy. */
  records: Buffer;
  divergence?: Divergence;
}

/**
 * Makes results that outlive the response: small parts are copied, so that they do not keep the
 * whole response in memory while they wait.
 */
export function takeParts(
  payload: Buffer,
  answers: PartitionAnswer[],
  fetch: Fetch,
): FetchedPartition[] {
  const memory = payload.buffer as ArrayBuffer;
  // The correlation id precedes the payload.
  const isAlone = memory.byteLength === payload.length + 4;
  let isInUse = false;
  const fetched = answers.map((answer): FetchedPartition => {
    const { partition, code, highWatermark, lastStable, aborted, records: part, divergence } =
      answer;
    if (code !== 0) return { partition, error: protocolError(code) };
    if (divergence !== undefined) return { partition, divergence };
    const { offset } = fetch.partitions.find((asked) => asked.partition === partition)!;
    const isCopied = 2 * part.length < payload.length;
    const bytes = isCopied
      ? new Uint8Array(part)
      : new Uint8Array(part.buffer, part.byteOffset, part.length);
    isInUse ||= !isCopied;
    const release = isCopied || isAlone
      ? () => void (bytes.buffer as ArrayBuffer).transfer(0)
      : undefined;
    aborted.sort((a, b) => a.firstOffset - b.firstOffset);
    const records = { partition, fetchOffset: offset, highWatermark, aborted, bytes, release };
    // Brokers return -1 for an uncommitted fetch.
    const openFrom = lastStable >= 0 && lastStable < highWatermark ? lastStable : undefined;
    return { partition, records, openFrom };
  });
  if (isAlone && !isInUse) memory.transfer(0);
  return fetched;
}
