import { Buffer } from "node:buffer";
import { CompactReader } from "./compact_reader.ts";
import {
  type Divergence,
  type Fetch,
  type FetchedPartition,
  type PartitionAnswer,
  takeParts,
} from "./fetched_partition.ts";
import { protocolError } from "./raw_request.ts";

/**
 * Fetch, version 13: Kafka 3.1 and newer. It names the topic by its id, so a recreated topic is
 * never taken for the former one, and it detects a truncated log (KIP-595).
 */
export const fetchById = { apiVersion: 13, encode, decode };

/** Isolation levels: only records of committed transactions, or all. */
const READ_COMMITTED = 1;
const READ_UNCOMMITTED = 0;

/** No tagged fields. */
const NO_TAGS = 0;

/** Tag of the field that says where the log diverges from what was read. */
const DIVERGING_EPOCH = 0;

function encode(fetch: Fetch, headerLength: number): Buffer {
  const { topicId, partitions, maxWaitMs, maxBytes, maxBytesPerPartition, uncommitted } = fetch;
  const buffer = Buffer.alloc(headerLength + 60 + partitions.length * 37);
  let at = buffer.writeUInt8(NO_TAGS, headerLength); // The header's.
  at = buffer.writeInt32BE(-1, at); // Replica: a consumer.
  at = buffer.writeInt32BE(maxWaitMs, at);
  at = buffer.writeInt32BE(1, at); // Minimum bytes.
  at = buffer.writeInt32BE(maxBytes, at);
  at = buffer.writeInt8(uncommitted ? READ_UNCOMMITTED : READ_COMMITTED, at);
  at = buffer.writeInt32BE(0, at); // No fetch session.
  at = buffer.writeInt32BE(-1, at);
  at = buffer.writeUInt8(1 + 1, at); // One topic.
  at += Buffer.from(topicId!, "base64url").copy(buffer, at);
  at = writeUnsigned(buffer, partitions.length + 1, at);
  for (const { partition, offset, lastEpoch = -1 } of partitions) {
    at = buffer.writeInt32BE(partition, at);
    at = buffer.writeInt32BE(-1, at); // Current leader epoch: not checked.
    at = buffer.writeBigInt64BE(BigInt(offset), at);
    at = buffer.writeInt32BE(lastEpoch, at);
    at = buffer.writeBigInt64BE(-1n, at); // Log start offset: only used by replicas.
    at = buffer.writeInt32BE(maxBytesPerPartition, at);
    at = buffer.writeUInt8(NO_TAGS, at);
  }
  at = buffer.writeUInt8(NO_TAGS, at);
  at = buffer.writeUInt8(1, at); // Nothing to forget.
  at = buffer.writeUInt8(1, at); // No rack.
  at = buffer.writeUInt8(NO_TAGS, at);
  return buffer.subarray(0, at);
}

function writeUnsigned(buffer: Buffer, value: number, at: number): number {
  for (; value >= 0x80; value >>>= 7) at = buffer.writeUInt8((value & 0x7f) | 0x80, at);
  return buffer.writeUInt8(value, at);
}

function decode(
  payload: Buffer,
  fetch: Fetch,
): { throttleMs: number; answer: FetchedPartition[] } {
  const reader = new CompactReader(payload);
  reader.tags();
  const throttleMs = reader.int32();
  const errorCode = reader.int16();
  if (errorCode !== 0) throw protocolError(errorCode);
  reader.int32(); // Session.
  const topics = reader.array(() => {
    reader.uuid();
    const partitions = reader.array(() => readPartition(reader));
    reader.tags();
    return partitions;
  });
  return { throttleMs, answer: takeParts(payload, topics.flat(), fetch) };
}

function readPartition(reader: CompactReader): PartitionAnswer {
  const [partition, code, highWatermark] = [reader.int32(), reader.int16(), reader.int64()];
  const lastStable = Number(reader.int64());
  reader.int64(); // Log start.
  const aborted = reader.array(() => {
    const [producerId, firstOffset] = [reader.int64(), reader.int64()];
    reader.tags();
    return { producerId, firstOffset: Number(firstOffset) };
  });
  reader.int32(); // Preferred read replica: unused, as we name no rack.
  const records = reader.bytes() ?? Buffer.alloc(0);
  let divergence: Divergence | undefined;
  reader.tags((tag, field) => {
    if (tag !== DIVERGING_EPOCH) return;
    divergence = { epoch: field.int32(), endOffset: Number(field.int64()) };
  });
  return {
    partition,
    code,
    highWatermark: Number(highWatermark),
    lastStable,
    aborted,
    records,
    divergence,
  };
}
