import { Failure } from "../../failure/failure.ts";
import { BEGUN_AT_END, type CommittedOffset } from "../broker.ts";
import type { LogFile } from "./log_file.ts";
import { countPartitions, readOffsets } from "./topics.ts";

/** Maximum bytes of metadata with an offset, as in Kafka (`offset.metadata.max.bytes`). */
export const MOST_METADATA_BYTES = 4096;

/*
 * What groups have committed. Everything here runs inside a transaction.
 */

/** A group's offset of each partition of a topic; empty for an unknown group or topic. */
export function readCommitted(file: LogFile, group: string, topic: string): CommittedOffset[] {
  const rows = file.statement(
    `SELECT partition, next_offset AS offset, metadata FROM committed
       WHERE consumer_group = ? AND topic = ?`,
  ).all(group, topic) as unknown as CommittedOffset[];
  if (rows.length === 0) return [];
  const known = new Map(rows.map((row) => [row.partition, { ...row }]));
  return Array.from(
    { length: countPartitions(file, topic) },
    (_, partition) => known.get(partition) ?? { partition, offset: null, metadata: "" },
  );
}

/** Records what a group has committed for a partition. */
export function writeCommitted(
  file: LogFile,
  group: string,
  topic: string,
  { partition, offset, metadata }: CommittedOffset,
): void {
  file.statement(
    `INSERT INTO committed VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET next_offset = excluded.next_offset, metadata = excluded.metadata`,
  ).run(group, topic, partition, offset, metadata);
}

/**
 * Commits the end of every partition for a group that has committed nothing of the topic. So it is known
 * which partitions are added later: those begin at their oldest message.
 */
export function beginAtEnd(file: LogFile, group: string, topic: string): void {
  if (readCommitted(file, group, topic).length > 0) return;
  for (const { partition, high: offset } of readOffsets(file, topic)) {
    writeCommitted(file, group, topic, { partition, offset, metadata: BEGUN_AT_END });
  }
}

/** @throws {Failure} kind `failed`, when it is longer than Kafka allows */
export function checkMetadata(metadata: string): void {
  const bytes = new TextEncoder().encode(metadata).length;
  if (bytes <= MOST_METADATA_BYTES) return;
  throw new Failure(
    "failed",
    `commit metadata: expected at most ${MOST_METADATA_BYTES} bytes, found ${bytes}`,
  );
}
