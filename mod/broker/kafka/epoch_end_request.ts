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

/**
 * Asks a partition's leader where what a former leader wrote ends in its log: at the end of the epoch's
 * messages, or of those of the newest epoch before it that the log has.
 * @param leader id of the broker that leads the partition
 * @returns `null` where the broker does not know
 */
export async function epochEnd(
  cluster: Cluster,
  leader: number,
  { topic, partition, epoch }: { topic: string; partition: number; epoch: number },
): Promise<number | null> {
  const node = await cluster.broker(leader);
  if (!isKnown(node)) return null;
  return await cluster.send(node, epochEndRequest(topic, partition, epoch));
}

function isKnown({ versions }: BrokerNode): boolean {
  const { apiKey, apiVersion } = OFFSET_FOR_LEADER_EPOCH;
  const known = versions[apiKey];
  return known !== undefined && known.minVersion <= apiVersion && known.maxVersion >= apiVersion;
}

function epochEndRequest(
  topic: string,
  partition: number,
  epoch: number,
): RawRequest<number | null> {
  return {
    ...OFFSET_FOR_LEADER_EPOCH,
    encode: (headerLength) => encode(topic, partition, epoch, headerLength),
    decode,
  };
}

function encode(topic: string, partition: number, epoch: number, headerLength: number): Buffer {
  const name = Buffer.from(topic);
  const buffer = Buffer.alloc(headerLength + 4 + 2 + name.length + 4 + 12);
  let at = buffer.writeInt32BE(1, headerLength); // One topic.
  at = buffer.writeInt16BE(name.length, at);
  at += name.copy(buffer, at);
  at = buffer.writeInt32BE(1, at); // One partition.
  at = buffer.writeInt32BE(partition, at);
  at = buffer.writeInt32BE(-1, at); // The leader's own epoch: not checked.
  buffer.writeInt32BE(epoch, at);
  return buffer;
}

function decode(payload: Buffer): { throttleMs: number; answer: number | null } {
  // After throttling: one topic with its name, and one partition.
  const at = 4 + 4 + 2 + payload.readInt16BE(8) + 4;
  const code = payload.readInt16BE(at);
  if (code !== 0) throw protocolError(code);
  const end = Number(payload.readBigInt64BE(at + 2 + 4 + 4));
  return { throttleMs: payload.readInt32BE(0), answer: end < 0 ? null : end };
}
