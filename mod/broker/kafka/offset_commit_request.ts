import { Buffer } from "node:buffer";
import { protocolError, type RawRequest } from "./raw_request.ts";

/** A commit of one partition's offset. */
export interface OffsetCommit {
  group: string;
  generation: number;
  memberId: string;
  topic: string;
  partition: number;
  offset: number;
  /** Leader epoch of the message before that offset, -1 if unknown. */
  epoch: number;
  metadata: string;
}

/** OffsetCommit, version 6: Kafka 2.1 and newer, the first version with the leader epoch. */
const OFFSET_COMMIT = { apiKey: 8, apiVersion: 6, apiName: "OffsetCommit" } as const;

/** Commits an offset. kafkajs supports no version that stores the leader epoch. */
export function offsetCommitRequest(commit: OffsetCommit): RawRequest<void> {
  return { ...OFFSET_COMMIT, encode: (headerLength) => encode(commit, headerLength), decode };
}

function encode(commit: OffsetCommit, headerLength: number): Buffer {
  const { group, generation, memberId, topic, partition, offset, epoch, metadata } = commit;
  const texts = [group, memberId, topic, metadata].map((text) => Buffer.from(text));
  const length = texts.reduce((sum, { length }) => sum + 2 + length, 0) + 4 + 4 + 4 + 4 + 8 + 4;
  const buffer = Buffer.alloc(headerLength + length);
  let at = headerLength;
  const text = (bytes: Buffer) => {
    at = buffer.writeInt16BE(bytes.length, at);
    at += bytes.copy(buffer, at);
  };
  text(texts[0]);
  at = buffer.writeInt32BE(generation, at);
  text(texts[1]);
  at = buffer.writeInt32BE(1, at); // One topic.
  text(texts[2]);
  at = buffer.writeInt32BE(1, at); // One partition.
  at = buffer.writeInt32BE(partition, at);
  at = buffer.writeBigInt64BE(BigInt(offset), at);
  at = buffer.writeInt32BE(epoch, at);
  text(texts[3]);
  return buffer;
}

function decode(payload: Buffer): { throttleMs: number; answer: void } {
  // The throttle time; then one topic with its name, and one partition with its number and error.
  const nameLength = payload.readInt16BE(8);
  const code = payload.readInt16BE(10 + nameLength + 4 + 4);
  if (code !== 0) throw protocolError(code);
  return { throttleMs: payload.readInt32BE(0), answer: undefined };
}
