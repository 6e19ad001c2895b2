import { Buffer } from "node:buffer";
import {
  type Fetch,
  type FetchedPartition,
  type PartitionAnswer,
  takeParts,
} from "./fetched_partition.ts";
import { protocolError } from "./raw_request.ts";

/** Fetch, version 11: Kafka 2.3 and newer. */
export const fetchByName = { apiVersion: 11, encode, decode };

/** Isolation levels: only records of committed transactions, or all. */
const READ_COMMITTED = 1;
const READ_UNCOMMITTED = 0;

function encode(fetch: Fetch, headerLength: number): Buffer {
  const { topic, partitions, maxWaitMs, maxBytes, maxBytesPerPartition, uncommitted } = fetch;
  const name = new TextEncoder().encode(topic);
  const length = 25 + 4 + 2 + name.length + 4 + partitions.length * 28 + 4 + 2;
  const buffer = Buffer.alloc(headerLength + length);
  let at = buffer.writeInt32BE(-1, headerLength); // Replica: a consumer.
  at = buffer.writeInt32BE(maxWaitMs, at);
  at = buffer.writeInt32BE(1, at); // Minimum bytes.
  at = buffer.writeInt32BE(maxBytes, at);
  at = buffer.writeInt8(uncommitted ? READ_UNCOMMITTED : READ_COMMITTED, at);
  at = buffer.writeInt32BE(0, at); // No fetch session.
  at = buffer.writeInt32BE(-1, at);
  at = buffer.writeInt32BE(1, at); // One topic.
  at = buffer.writeInt16BE(name.length, at);
  buffer.set(name, at);
  at = buffer.writeInt32BE(partitions.length, at + name.length);
  for (const { partition, offset } of partitions) {
    at = buffer.writeInt32BE(partition, at);
    at = buffer.writeInt32BE(-1, at); // Current leader epoch: not checked.
    at = buffer.writeBigInt64BE(BigInt(offset), at);
    at = buffer.writeBigInt64BE(-1n, at); // Log start offset: only used by replicas.
    at = buffer.writeInt32BE(maxBytesPerPartition, at);
  }
  at = buffer.writeInt32BE(0, at); // Nothing to forget.
  buffer.writeInt16BE(0, at); // No rack.
  return buffer;
}

function decode(
  payload: Buffer,
  fetch: Fetch,
): { throttleMs: number; answer: FetchedPartition[] } {
  const throttleMs = payload.readInt32BE(0);
  const errorCode = payload.readInt16BE(4);
  if (errorCode !== 0) throw protocolError(errorCode);
  const answers: PartitionAnswer[] = [];
  let at = 14;
  for (let topics = payload.readInt32BE(10); topics > 0; topics--) {
    at += 2 + payload.readInt16BE(at);
    let partitions = payload.readInt32BE(at);
    for (at += 4; partitions > 0; partitions--) {
      const partition = payload.readInt32BE(at);
      const code = payload.readInt16BE(at + 4);
      const highWatermark = Number(payload.readBigInt64BE(at + 6));
      const lastStable = Number(payload.readBigInt64BE(at + 14));
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
      at += 8 + length;
      const records = payload.subarray(at - length, at);
      answers.push({ partition, code, highWatermark, lastStable, aborted, records });
    }
  }
  return { throttleMs, answer: takeParts(payload, answers, fetch) };
}
