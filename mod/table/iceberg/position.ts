import { createHash } from "node:crypto";
import { Failure } from "../../failure/failure.ts";
import type { LogName, TablePosition } from "../table.ts";
import type { TableMetadata } from "./metadata.ts";

/**
 * How far the table is with each partition of each log: a table property for each, changed in the same
 * commit as the snapshot. A snapshot's summary alone would be lost when others rewrite and expire.
 */

const PREFIX = "ticklake.position.";

/** Short id of a log: topics of one name that were made at different times are different logs. */
export function logId({ topic, cluster, topicId }: LogName): string {
  const text = topicId === null ? `${cluster}/${topic}` : `${cluster}/${topicId}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** Name of the property of one partition. */
export function positionProperty(log: string, partition: number): string {
  return `${PREFIX}${log}.${partition}`;
}

/** Name of the property that says which log an id stands for. */
export function logProperty(log: string): string {
  return `ticklake.log.${log}`;
}

/** A position as a property's value, such as `0-1000`: the first offset and the next one. */
export function formatPosition({ from, end }: TablePosition): string {
  return `${from}-${end}`;
}

/**
 * All positions of a log, by partition.
 * @throws {Failure} kind `failed`, when someone has changed one into what is none
 */
export function positionsOf(metadata: TableMetadata, log: string): Map<number, TablePosition> {
  const positions = new Map<number, TablePosition>();
  const prefix = `${PREFIX}${log}.`;
  for (const [name, value] of Object.entries(metadata.properties ?? {})) {
    if (name.startsWith(prefix)) {
      positions.set(Number(name.slice(prefix.length)), parse(name, value));
    }
  }
  return positions;
}

/** The logs of a table: what each id stands for. */
export function logsOf(metadata: TableMetadata): Map<string, LogName> {
  const logs = new Map<string, LogName>();
  for (const [name, value] of Object.entries(metadata.properties ?? {})) {
    const id = /^ticklake\.log\.([0-9a-f]+)$/.exec(name)?.[1];
    if (id !== undefined) logs.set(id, JSON.parse(value) as LogName);
  }
  return logs;
}

function parse(name: string, value: string): TablePosition {
  const found = /^(\d+)-(\d+)$/.exec(value);
  if (found !== null) return { from: Number(found[1]), end: Number(found[2]) };
  throw new Failure(
    "failed",
    `the table's property ${name} is ${
      JSON.stringify(value)
    }; expected two offsets, such as 0-1000`,
    { fix: "Someone has changed it. Set it to the value in the newest snapshot's summary." },
  );
}
