import { Buffer } from "node:buffer";
import { requests } from "kafkajs/src/protocol/requests/index.js";
import { CompactReader } from "./compact_reader.ts";

/** The API key of Metadata. */
export const METADATA_KEY = 3;

/** Metadata, version 6: Kafka 2.0 and newer. */
const WITHOUT_IDS = 6;

/** Metadata, version 10: Kafka 2.8 and newer. The first one with topic ids. */
const WITH_IDS = 10;

/** The metadata of brokers and topics. */
export interface BrokersAnswer {
  brokers: Array<{ nodeId: number; host: string; port: number }>;
  clusterId: string | null;
  controllerId: number;
  topicMetadata: Array<{
    topic: string;
    /** Whether it is internal, such as `__consumer_offsets`. */
    isInternal: boolean;
    /** `null` if the broker reports none. */
    topicId?: string | null;
    /** 0 if the topic exists. */
    topicErrorCode: number;
    partitionMetadata: Array<{ partitionId: number; leader: number }>;
  }>;
}

/**
 * Requests the brokers and some topics, without creating them; errors stay in the result.
 * @param topics their names; `null` for all topics
 * @param maxVersion the newest version of the request that the broker supports
 */
export function metadataRequest(topics: string[] | null, maxVersion: number) {
  const { request, response } = requests.Metadata.protocol({ version: WITHOUT_IDS })({
    topics: [],
  });
  const parse = (answer: BrokersAnswer) => answer;
  if (maxVersion < WITH_IDS) {
    return {
      request: { ...request, encode: () => encoded(topics) },
      response: { decode: response.decode, parse },
    };
  }
  return {
    request: { ...request, apiVersion: WITH_IDS, encode: () => encodedWithIds(topics) },
    response: { decode, parse },
  };
}

function encoded(topics: string[] | null): { buf: Buffer; buffer: Buffer } {
  const names = (topics ?? []).map((topic) => Buffer.from(topic));
  const buffer = Buffer.alloc(4 + names.reduce((sum, { length }) => sum + 2 + length, 0) + 1);
  let at = buffer.writeInt32BE(topics === null ? -1 : names.length, 0);
  for (const name of names) {
    at = buffer.writeInt16BE(name.length, at);
    buffer.set(name, at);
    at += name.length;
  }
  buffer.writeInt8(0, at); // No automatic topic creation.
  return { buf: buffer, buffer };
}

/** A topic by name: a zero id, the name (up to 249 bytes), no tagged fields. */
function encodedWithIds(topics: string[] | null): { buf: Buffer; buffer: Buffer } {
  // First the header's tagged fields. A length of -1 means a null array.
  const parts = [Buffer.of(0), compactLength(topics?.length ?? -1)];
  for (const topic of topics ?? []) {
    const name = Buffer.from(topic);
    parts.push(Buffer.alloc(16), compactLength(name.length), name, Buffer.of(0));
  }
  // No automatic topic creation, no authorized operations, no tagged fields.
  parts.push(Buffer.of(0, 0, 0, 0));
  const buffer = Buffer.concat(parts);
  return { buf: buffer, buffer };
}

/** A length as in compact arrays and strings: one more than the number of elements. */
function compactLength(length: number): Buffer {
  const bytes = [];
  let rest = length + 1;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
}

async function decode(payload: Buffer) {
  const reader = new CompactReader(payload);
  reader.tags();
  const clientSideThrottleTime = reader.int32();
  const brokers = reader.array(() => {
    const [nodeId, host, port] = [reader.int32(), reader.string()!, reader.int32()];
    const rack = reader.string();
    reader.tags();
    return { nodeId, host, port, rack };
  });
  const clusterId = reader.string();
  const controllerId = reader.int32();
  const topicMetadata = reader.array(() => {
    const [topicErrorCode, topic] = [reader.int16(), reader.string()!];
    const topicId = reader.uuid();
    const isInternal = reader.boolean();
    const partitionMetadata = reader.array(() => readPartition(reader));
    reader.int32(); // Authorized operations.
    reader.tags();
    return { topicErrorCode, topic, topicId, isInternal, partitionMetadata };
  });
  return {
    throttleTime: 0,
    clientSideThrottleTime,
    brokers,
    clusterId,
    controllerId,
    topicMetadata,
  };
}

function readPartition(reader: CompactReader) {
  reader.int16(); // The partition's error: redundant, as the leader is missing then.
  const [partitionId, leader] = [reader.int32(), reader.int32()];
  reader.int32(); // Leader epoch.
  // Replicas, in-sync replicas and offline replicas.
  for (let lists = 0; lists < 3; lists++) reader.array(() => reader.int32());
  reader.tags();
  return { partitionId, leader };
}
