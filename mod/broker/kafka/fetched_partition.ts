import type { Buffer } from "node:buffer";
import { protocolError } from "./raw_request.ts";
import type { AbortedTransaction, FetchedRecords } from "./record_batch_reader.ts";

/** What is asked of one partition. */
export interface FetchPartition {
  partition: number;
  /** First offset wanted. */
  offset: number;
  /** Leader's epoch of the batch before that offset, -1 where it is not known. */
  lastEpoch?: number;
}

/** What is asked of one broker. */
export interface Fetch {
  topic: string;
  /** The topic's id where one is known: of another topic of that name nothing is fetched. */
  topicId?: string | null;
  partitions: FetchPartition[];
  /** Milliseconds that the broker may wait for the first byte. */
  maxWaitMs: number;
  /** Bytes for all partitions together; a single record batch may be larger. */
  maxBytes: number;
  maxBytesPerPartition: number;
  /** Whether messages of transactions that are open or were aborted come too. @default {false} */
  uncommitted?: boolean;
}

/** The log no longer holds what was read: it was cut off at an offset, and others wrote on. */
export interface Divergence {
  /** The newest epoch that both have in common, and the offset where it ends in the log. */
  epoch: number;
  endOffset: number;
}

/**
 * What came of one partition. `openFrom` is the first offset of its oldest open transaction, where there
 * is one: nothing from there on is delivered before it ends.
 */
export type FetchedPartition =
  & { partition: number }
  & ({ records: FetchedRecords; openFrom?: number } | { divergence: Divergence } | {
    error: Error;
  });

/** A partition's part of an answer, as it was read. */
export interface PartitionAnswer {
  partition: number;
  code: number;
  highWatermark: number;
  /** Offset below which every transaction has ended. */
  lastStable: number;
  aborted: AbortedTransaction[];
  /** Not copied out of the answer. */
  records: Buffer;
  divergence?: Divergence;
}

/**
 * Makes of an answer's parts what outlives it: a small part is copied, so that it does not hold the
 * whole answer while it waits.
 */
export function takeParts(
  payload: Buffer,
  answers: PartitionAnswer[],
  fetch: Fetch,
): FetchedPartition[] {
  const memory = payload.buffer as ArrayBuffer;
  // Before the payload is the answer's number.
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
    // Of an uncommitted fetch brokers say -1.
    const openFrom = lastStable >= 0 && lastStable < highWatermark ? lastStable : undefined;
    return { partition, records, openFrom };
  });
  if (isAlone && !isInUse) memory.transfer(0);
  return fetched;
}
