import { Buffer } from "node:buffer";
import Decoder from "kafkajs/src/protocol/decoder.js";
import { protocolError, type RawRequest } from "./raw_request.ts";

/**
 * Asks a broker how many bytes of a topic's partitions it stores; kafkajs has no such request. The
 * response covers only this broker. Source: Kafka protocol guide, DescribeLogDirs, version 1.
 */
export function describeLogDirsRequest(
  topic: string,
  partitions: readonly number[],
): RawRequest<Map<number, number>> {
  return {
    apiKey: 35,
    apiVersion: 1,
    apiName: "DescribeLogDirs",
    encode(headerLength) {
      const name = Buffer.from(topic);
      const bytes = Buffer.alloc(headerLength + 4 + 2 + name.length + 4 + 4 * partitions.length);
      let at = bytes.writeInt32BE(1, headerLength);
      at = bytes.writeInt16BE(name.length, at);
      at += name.copy(bytes, at);
      at = bytes.writeInt32BE(partitions.length, at);
      for (const partition of partitions) at = bytes.writeInt32BE(partition, at);
      return bytes;
    },
    decode(payload) {
      const decoder = new Decoder(payload);
      const throttleMs = decoder.readInt32();
      const sizes = new Map<number, number>();
      for (let folders = decoder.readInt32(); folders > 0; folders--) {
        const code = decoder.readInt16();
        decoder.readString();
        if (code !== 0) throw protocolError(code);
        for (let topics = decoder.readInt32(); topics > 0; topics--) {
          decoder.readString();
          for (let found = decoder.readInt32(); found > 0; found--) {
            const partition = decoder.readInt32();
            const size = Number(decoder.readInt64());
            decoder.readInt64();
            // A replica that is being moved to another disk is listed twice.
            if (!decoder.readBoolean()) sizes.set(partition, (sizes.get(partition) ?? 0) + size);
          }
        }
      }
      return { throttleMs, answer: sizes };
    },
  };
}
