import { Buffer } from "node:buffer";
import { requests } from "kafkajs/src/protocol/requests/index.js";

/** Metadata, version 6: Kafka 2.0 and newer. */
const VERSION = 6;

/** What the brokers know about themselves and about topics. */
export interface BrokersAnswer {
  brokers: Array<{ nodeId: number; host: string; port: number }>;
  controllerId: number;
  topicMetadata: Array<{
    topic: string;
    /** 0 where there is such a topic. */
    topicErrorCode: number;
    partitionMetadata: Array<{ partitionId: number; leader: number }>;
  }>;
}

/** Asks for the brokers and some topics, without creating them; errors stay in the answer. */
export function metadataRequest(topics: string[]) {
  const { request, response } = requests.Metadata.protocol({ version: VERSION })({ topics: [] });
  return {
    request: { ...request, encode: () => encoded(topics) },
    response: { decode: response.decode, parse: (answer: BrokersAnswer) => answer },
  };
}

function encoded(topics: string[]): { buf: Buffer; buffer: Buffer } {
  const names = topics.map((topic) => Buffer.from(topic));
  const buffer = Buffer.alloc(4 + names.reduce((sum, { length }) => sum + 2 + length, 0) + 1);
  let at = buffer.writeInt32BE(names.length, 0);
  for (const name of names) {
    at = buffer.writeInt16BE(name.length, at);
    buffer.set(name, at);
    at += name.length;
  }
  buffer.writeInt8(0, at); // Creates no topic.
  return { buf: buffer, buffer };
}
