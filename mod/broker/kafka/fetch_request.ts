import { Buffer } from "node:buffer";
import { protocolError, type RawRequest } from "./raw_request.ts";
import type { FetchedRecords } from "./record_batch_reader.ts";

/** What is asked of one partition. */
export interface FetchPartition {
  partition: number;
  /** First offset wanted. */
  offset: number;
}

/** What is asked of one broker. */
export interface Fetch {
  topic: string;
  partitions: FetchPartition[];
  /** Milliseconds that the broker may wait for the first byte. */
  maxWaitMs: number;
  /** Bytes for all partitions together; a single record batch may be larger. */
  maxBytes: number;
  maxBytesPerPartition: number;
}

/** What came of one partition. */
export type FetchedPartition =
  & { partition: number }
  & ({ records: FetchedRecords } | { error: Error });

/** Fetch, version 11: Kafka 2.3 and newer. */
const FETCH = { apiKey: 1, apiVersion: 11, apiName: "Fetch" } as const;

/** Only records of committed transactions. */
const READ_COMMITTED = 1;

/** A large answer may take its time; a dead connection is noticed by the heartbeat long before. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * A fetch whose answer is left as the broker stores it. kafkajs's own makes an object and two strings
 * (through BigInt) of every record, which costs a microsecond and half a kilobyte a row, does not
 * check checksums, and fails for a batch of more than about 120,000 records (`push(...records)`).
 */
export function fetchRequest(fetch: Fetch): RawRequest<FetchedPartition[]> {
  return {
    ...FETCH,
    encode: (headerLength) => encode(fetch, headerLength),
    decode: (payload) => decode(payload, fetch),
    timeoutMs: REQUEST_TIMEOUT_MS,
  };
}

function encode(fetch: Fetch, headerLength: number): Buffer {
  const { topic, partitions, maxWaitMs, maxBytes, maxBytesPerPartition } = fetch;
  const name = new TextEncoder().encode(topic);
  const length = 25 + 4 + 2 + name.length + 4 + partitions.length * 28 + 4 + 2;
  const buffer = Buffer.alloc(headerLength + length);
  let at = buffer.writeInt32BE(-1, headerLength); // Replica: a consumer.
  at = buffer.writeInt32BE(maxWaitMs, at);
  at = buffer.writeInt32BE(1, at); // At least one byte, or the wait is over.
  at = buffer.writeInt32BE(maxBytes, at);
  at = buffer.writeInt8(READ_COMMITTED, at);
  at = buffer.writeInt32BE(0, at); // No fetch session.
  at = buffer.writeInt32BE(-1, at);
  at = buffer.writeInt32BE(1, at); // One topic.
  at = buffer.writeInt16BE(name.length, at);
  buffer.set(name, at);
  at = buffer.writeInt32BE(partitions.length, at + name.length);
  for (const { partition, offset } of partitions) {
    at = buffer.writeInt32BE(partition, at);
    at = buffer.writeInt32BE(-1, at); // Leader's epoch: not checked.
    at = buffer.writeBigInt64BE(BigInt(offset), at);
    at = buffer.writeBigInt64BE(-1n, at); // Log start: only for replicas.
    at = buffer.writeInt32BE(maxBytesPerPartition, at);
  }
  at = buffer.writeInt32BE(0, at); // Nothing to forget.
  buffer.writeInt16BE(0, at); // No rack.
  return buffer;
}

function decode(payload: Buffer, fetch: Fetch) {
  const throttleMs = payload.readInt32BE(0);
  const errorCode = payload.readInt16BE(4);
  if (errorCode !== 0) throw protocolError(errorCode);
  const partitions: FetchedPartition[] = [];
  const memory = payload.buffer as ArrayBuffer;
  // Before the payload is the answer's number.
  const isAlone = memory.byteLength === payload.length + 4;
  let isInUse = false;
  let at = 10;
  const topics = payload.readInt32BE(at);
  at += 4;
  for (let t = 0; t < topics; t++) {
    at += 2 + payload.readInt16BE(at);
    const count = payload.readInt32BE(at);
    at += 4;
    for (let p = 0; p < count; p++) {
      const partition = payload.readInt32BE(at);
      const code = payload.readInt16BE(at + 4);
      const highWatermark = Number(payload.readBigInt64BE(at + 6));
      const abortedCount = payload.readInt32BE(at + 30);
      at += 34;
      const aborted = [];
      for (let a = 0; a < abortedCount; a++, at += 16) {
        aborted.push({
          producerId: payload.readBigInt64BE(at),
          firstOffset: Number(payload.readBigInt64BE(at + 8)),
        });
      }
      const length = Math.max(0, payload.readInt32BE(at + 4));
      at += 8;
      if (code === 0) {
        const { offset } = fetch.partitions.find((asked) => asked.partition === partition)!;
        const part = payload.subarray(at, at + length);
        // A small part is copied, so that it does not hold the whole answer while it waits.
        const isCopied = 2 * length < payload.length;
        const bytes = isCopied
          ? new Uint8Array(part)
          : new Uint8Array(part.buffer, part.byteOffset, part.length);
        isInUse ||= !isCopied;
        const release = isCopied || isAlone
          ? () => void (bytes.buffer as ArrayBuffer).transfer(0)
          : undefined;
        aborted.sort((a, b) => a.firstOffset - b.firstOffset);
        const records = { partition, fetchOffset: offset, highWatermark, aborted, bytes, release };
        partitions.push({ partition, records });
      } else {
        partitions.push({ partition, error: protocolError(code) });
      }
      at += length;
    }
  }
  if (isAlone && !isInUse) memory.transfer(0);
  return { throttleMs, answer: partitions };
}
