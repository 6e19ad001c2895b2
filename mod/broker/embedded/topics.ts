import { Failure } from "../../failure/failure.ts";
import type { PartitionOffsets } from "../broker.ts";
import { identify } from "./identity.ts";
import type { LogFile } from "./log_file.ts";

/** Maximum partitions of a topic: each costs its consumer a look. */
const MOST_PARTITIONS = 1000;

/*
 * Topics of the embedded log. Everything here runs inside a transaction.
 */

/** Each partition's offsets, by partition; empty without the topic. */
export function readOffsets(file: LogFile, topic: string): PartitionOffsets[] {
  const rows = file.statement(
    "SELECT partition, low, high FROM log WHERE topic = ? ORDER BY partition",
  ).all(topic) as unknown as PartitionOffsets[];
  return rows.map(({ partition, low, high }) => ({ partition, low, high }));
}

/** Names of all topics, sorted. */
export function readTopicNames(file: LogFile): string[] {
  return file.statement("SELECT DISTINCT topic FROM log ORDER BY topic").all()
    .map(({ topic }) => topic as string);
}

/** Number of a topic's partitions; 0 without the topic. */
export function countPartitions(file: LogFile, topic: string): number {
  return file.statement("SELECT count(*) AS n FROM log WHERE topic = ?").get(topic)!.n as number;
}

/**
 * Adds partitions until the topic has that many.
 * @throws {Failure} kind `usage`, for a name or number that cannot be
 */
export function addPartitions(file: LogFile, topic: string, partitions: number): void {
  checkName(topic);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS) {
    throw new Failure(
      "usage",
      `topic ${topic}: expected 1 to ${MOST_PARTITIONS} partitions, found ${partitions}`,
    );
  }
  const insert = file.statement("INSERT INTO log (topic, partition) VALUES (?, ?)");
  for (let n = countPartitions(file, topic); n < partitions; n++) insert.run(topic, n);
  identify(file, topic);
}

/** Kafka's rule for names, so that a topic can be moved to Kafka. */
function checkName(topic: string): void {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(topic) && topic !== "." && topic !== "..") return;
  throw new Failure(
    "usage",
    `topic ${JSON.stringify(topic)}: expected up to 249 letters, digits, dots, _ or -`,
  );
}

/** Removes the messages of a partition before an offset, as retention does. */
export function trim(file: LogFile, topic: string, partition: number, before: number): void {
  const log = file.statement("SELECT id, high FROM log WHERE topic = ? AND partition = ?")
    .get(topic, partition) as { id: number; high: number } | undefined;
  if (log === undefined) return;
  const low = Math.min(before, log.high);
  file.statement("DELETE FROM block WHERE log = ? AND first + count <= ?").run(log.id, low);
  file.statement("UPDATE log SET low = max(low, ?) WHERE id = ?").run(low, log.id);
}
