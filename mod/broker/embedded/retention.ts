import type { LogFile } from "./log_file.ts";
import { trim } from "./topics.ts";

/** Which messages the log need not keep. */
export interface Retention {
  /** Milliseconds for which messages are kept. */
  ms: number;
  /** Bytes of a partition beyond which its oldest messages go earlier. @default {no limit} */
  bytes?: number;
  /**
   * Also those that a group has not consumed yet, or that no group has. @default {false}
   */
  unconsumed?: boolean;
}

/**
 * Removes messages as Kafka's retention does: whole blocks, oldest first. By default only what every group that
 * reads the topic has committed, and nothing where there is no group. The file keeps its size; later messages reuse
 * the space. Inside a transaction that writes.
 * @param now milliseconds since 1970 UTC
 * @returns number of messages that were removed
 */
export function retain(file: LogFile, retention: Retention, now: number): number {
  const logs = file.statement("SELECT id, topic, partition, low FROM log").all() as Array<
    { id: number; topic: string; partition: number; low: number }
  >;
  let removed = 0;
  for (const { id, topic, partition, low } of logs) {
    const most = retention.unconsumed ? Infinity : consumedBy(file, topic, partition);
    const before = removable(file, id, retention, now, most);
    if (before <= low) continue;
    trim(file, topic, partition, before);
    removed += before - low;
  }
  return removed;
}

/** Offset up to which all groups of a topic have consumed a partition; 0 if there is none. */
function consumedBy(file: LogFile, topic: string, partition: number): number {
  // A group that has committed nothing of this partition has consumed nothing of it.
  const { consumed } = file.statement(
    `SELECT coalesce(min(coalesce(own.next_offset, 0)), 0) AS consumed
       FROM (SELECT DISTINCT consumer_group FROM committed WHERE topic = $topic) AS reader
       LEFT JOIN committed AS own ON own.consumer_group = reader.consumer_group
         AND own.topic = $topic AND own.partition = $partition`,
  ).get({ $topic: topic, $partition: partition }) as { consumed: number };
  return consumed;
}

/** Offset of the first message that is kept. */
function removable(
  file: LogFile,
  id: number,
  { ms, bytes = Infinity }: Retention,
  now: number,
  most: number,
): number {
  const blocks = file.statement(
    "SELECT first, count, timestamp, length(data) AS bytes FROM block WHERE log = ? ORDER BY first",
  ).all(id) as Array<{ first: number; count: number; timestamp: number; bytes: number }>;
  let left = blocks.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const block of blocks) {
    const end = block.first + block.count;
    if (end > most || block.timestamp > now - ms && left <= bytes) break;
    left -= block.bytes;
    before = end;
  }
  return before;
}
