import { Buffer } from "node:buffer";
import type { RawRequest } from "./raw_request.ts";

/** The record batches of one request, at most one per partition. */
export interface Produce {
  topic: string;
  batches: Array<{ partition: number; bytes: Buffer }>;
  /** Provides a buffer for the request, of at least so many bytes. */
  memory(length: number): Buffer;
}

/** Produce, version 7: Kafka 2.1 and newer. */
const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: "Produce" } as const;

/** acks=all: all in-sync replicas must have it. */
const ALL = -1;

/** Milliseconds that the leader waits for the other replicas. */
const REPLICATION_TIMEOUT_MS = 15_000;

/**
 * A request to store batches; returns the error code of each partition, 0 if its batch is stored.
 */
export function produceRequest(produce: Produce): RawRequest<Map<number, number>> {
  return { ...PRODUCE, encode: (headerLength) => encode(produce, headerLength), decode };
}

function encode({ topic, batches, memory }: Produce, headerLength: number): Buffer {
  const name = Buffer.from(topic);
  const size = batches.reduce((sum, { bytes }) => sum + 8 + bytes.length, 0);
  const length = headerLength + 2 + 2 + 4 + 4 + 2 + name.length + 4 + size;
  const buffer = memory(length).subarray(0, length);
  let at = buffer.writeInt16BE(-1, headerLength); // No transaction.
  at = buffer.writeInt16BE(ALL, at);
  at = buffer.writeInt32BE(REPLICATION_TIMEOUT_MS, at);
  at = buffer.writeInt32BE(1, at); // One topic.
  at = buffer.writeInt16BE(name.length, at);
  buffer.set(name, at);
  at = buffer.writeInt32BE(batches.length, at + name.length);
  for (const { partition, bytes } of batches) {
    at = buffer.writeInt32BE(partition, at);
    at = buffer.writeInt32BE(bytes.length, at);
    buffer.set(bytes, at);
    at += bytes.length;
  }
  return buffer;
}

function decode(payload: Buffer): { throttleMs: number; answer: Map<number, number> } {
  const codes = new Map<number, number>();
  let at = 4;
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    at += 2 + payload.readInt16BE(at);
    let partitions = payload.readInt32BE(at);
    for (at += 4; partitions > 0; partitions--, at += 30) {
      codes.set(payload.readInt32BE(at), payload.readInt16BE(at + 4));
    }
  }
  return { throttleMs: payload.readInt32BE(at), answer: codes };
}
