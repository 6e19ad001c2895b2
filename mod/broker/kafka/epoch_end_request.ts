import { Buffer } from "node:buffer";
import type { BrokerNode } from "./broker_node.ts";
import type { Cluster } from "./cluster.ts";
import { protocolError, type RawRequest } from "./raw_request.ts";

/** OffsetForLeaderEpoch, version 2: Kafka 2.1 and newer (KIP-320). */
const OFFSET_FOR_LEADER_EPOCH = {
  apiKey: 23,
  apiVersion: 2,
  apiName: "OffsetForLeaderEpoch",
} as const;

/** A leader epoch of a partition whose end is requested. */
export interface AskedEpoch {
  partition: number;
  epoch: number;
}

/** Where an epoch ends; `null` if the broker does not know, an error if it refuses to say. */
export type EpochEnd = number | null | Error;

/**
 * Asks a leader where the messages of an earlier leader epoch end in its log: at the end of that
 * epoch, or of the newest earlier epoch that the log has.
 * @param leader id of the broker that leads all of the partitions
 * @param asked at most one entry per partition
 * @returns by partition
 */
export async function epochEnds(
  cluster: Cluster,
  leader: number,
  topic: string,
  asked: readonly AskedEpoch[],
): Promise<ReadonlyMap<number, EpochEnd>> {
  const node = await cluster.broker(leader);
  if (!isKnown(node)) return new Map(asked.map(({ partition }) => [partition, null]));
  return await cluster.send(node, epochEndRequest(topic, asked));
}

function isKnown({ versions }: BrokerNode): boolean {
  const { apiKey, apiVersion } = OFFSET_FOR_LEADER_EPOCH;
  const known = versions[apiKey];
  return known !== undefined && known.minVersion <= apiVersion && known.maxVersion >= apiVersion;
}

function epochEndRequest(
  topic: string,
  asked: readonly AskedEpoch[],
): RawRequest<ReadonlyMap<number, EpochEnd>> {
  return {
    ...OFFSET_FOR_LEADER_EPOCH,
    encode: (headerLength) => encode(topic, asked, headerLength),
    decode,
  };
}

function encode(topic: string, asked: readonly AskedEpoch[], headerLength: number): Buffer {
  const name = Buffer.from(topic);
  const buffer = Buffer.alloc(headerLength + 4 + 2 + name.length + 4 + 12 * asked.length);
  let at = buffer.writeInt32BE(1, headerLength); // One topic.
  at = buffer.writeInt16BE(name.length, at);
  at += name.copy(buffer, at);
  at = buffer.writeInt32BE(asked.length, at);
  for (const { partition, epoch } of asked) {
    at = buffer.writeInt32BE(partition, at);
    at = buffer.writeInt32BE(-1, at); // Current leader epoch: not checked.
    at = buffer.writeInt32BE(epoch, at);
  }
  return buffer;
}

function decode(payload: Buffer): { throttleMs: number; answer: ReadonlyMap<number, EpochEnd> } {
  const answer = new Map<number, EpochEnd>();
  // After the throttle time: one topic with its name, and its partitions.
  let at = 4 + 4 + 2 + payload.readInt16BE(8);
  let partitions = payload.readInt32BE(at);
  for (at += 4; partitions > 0; partitions--, at += 2 + 4 + 4 + 8) {
    const code = payload.readInt16BE(at);
    const end = Number(payload.readBigInt64BE(at + 10));
    answer.set(
      payload.readInt32BE(at + 2),
      code !== 0 ? protocolError(code) : end < 0 ? null : end,
    );
  }
  return { throttleMs: payload.readInt32BE(0), answer };
}
