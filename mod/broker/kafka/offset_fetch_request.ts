import { Buffer } from "node:buffer";
import type { CommittedOffset } from "../broker.ts";
import { protocolError, type RawRequest } from "./raw_request.ts";

/** A group's committed offset for a partition, with the leader epoch of the message before it. */
export interface CommittedEpoch extends CommittedOffset {
  /** -1 if unknown: release 0.1.0 commits none. */
  epoch: number;
}

/** OffsetFetch, version 5: Kafka 2.1 and newer, the first version with the leader epoch. */
const OFFSET_FETCH = { apiKey: 9, apiVersion: 5, apiName: "OffsetFetch" } as const;

/**
 * Requests a group's committed offsets for some partitions of a topic; the result is in any order.
 */
export function offsetFetchRequest(
  group: string,
  topic: string,
  partitions: number[],
): RawRequest<CommittedEpoch[]> {
  return {
    ...OFFSET_FETCH,
    encode: (headerLength) => encode(group, topic, partitions, headerLength),
    decode,
  };
}

function encode(group: string, topic: string, partitions: number[], headerLength: number): Buffer {
  const [groupBytes, topicBytes] = [Buffer.from(group), Buffer.from(topic)];
  const length = 2 + groupBytes.length + 4 + 2 + topicBytes.length + 4 + 4 * partitions.length;
  const buffer = Buffer.alloc(headerLength + length);
  let at = buffer.writeInt16BE(groupBytes.length, headerLength);
  at += groupBytes.copy(buffer, at);
  at = buffer.writeInt32BE(1, at); // One topic.
  at = buffer.writeInt16BE(topicBytes.length, at);
  at += topicBytes.copy(buffer, at);
  at = buffer.writeInt32BE(partitions.length, at);
  for (const partition of partitions) at = buffer.writeInt32BE(partition, at);
  return buffer;
}

function decode(payload: Buffer): { throttleMs: number; answer: CommittedEpoch[] } {
  const found: CommittedEpoch[] = [];
  let at = 8;
  for (let topics = payload.readInt32BE(4); topics > 0; topics--) {
    at += 2 + payload.readInt16BE(at);
    let partitions = payload.readInt32BE(at);
    for (at += 4; partitions > 0; partitions--) {
      const partition = payload.readInt32BE(at);
      const offset = Number(payload.readBigInt64BE(at + 4));
      const epoch = payload.readInt32BE(at + 12);
      const length = Math.max(0, payload.readInt16BE(at + 16));
      const metadata = payload.toString("utf8", at + 18, at + 18 + length);
      at += 18 + length;
      const code = payload.readInt16BE(at);
      at += 2;
      if (code !== 0) throw protocolError(code);
      // Negative: nothing is committed.
      found.push(
        offset < 0
          ? { partition, offset: null, metadata: "", epoch: -1 }
          : { partition, offset, metadata, epoch },
      );
    }
  }
  const code = payload.readInt16BE(at);
  if (code !== 0) throw protocolError(code);
  return { throttleMs: payload.readInt32BE(0), answer: found };
}
