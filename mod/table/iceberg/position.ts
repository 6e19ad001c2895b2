import { createHash } from "node:crypto";
import { Failure } from "../../failure/failure.ts";
import type { LogName, TablePosition } from "../table.ts";
import type { TableMetadata } from "./metadata.ts";

/**
 * How far the table is with each partition of each log: one table property each, changed in the same commit
 * as the snapshot. A snapshot's summary alone would be lost once other programs rewrite and expire.
 */

const PREFIX = "ticklake.position.";

/** Id of a log in properties' names. @param key see `logKey`; empty for a log without an id */
export function logId(key: string, topic: string): string {
  return key !== "" ? key : createHash("sha256").update(topic).digest("hex").slice(0, 12);
}

/** Name of the property of one partition. */
export function positionProperty(log: string, partition: number): string {
  return `${PREFIX}${log}.${partition}`;
}

/** Name of the property that says where `--from latest` began a partition. */
export function begunProperty(log: string, partition: number): string {
  return `ticklake.begun.${log}.${partition}`;
}

/** Where `--from latest` began a partition, if it did. */
export function begunOf(
  metadata: TableMetadata,
  log: string,
  partition: number,
): number | undefined {
  const value = metadata.properties?.[begunProperty(log, partition)];
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Name of the property that says which log an id identifies. */
export function logProperty(log: string): string {
  return `ticklake.log.${log}`;
}

/**
 * A position as a property's value, such as `0-1000` or `0-1000@5`: the first offset and the next one, and
 * the leader epoch of the message before that, if known.
 */
export function formatPosition({ from, end, epoch }: TablePosition): string {
  return `${from}-${end}${epoch === undefined ? "" : `@${epoch}`}`;
}

/** Name of the property with ranges that were given up, see {@linkcode settledRanges}. */
export function settledProperty(log: string, partition: number): string {
  return `ticklake.settled.${log}.${partition}`;
}

/**
 * Ranges at the position's end, such as `100-150`, that a partition's owner has given up: a former owner
 * that still commits one is refused.
 */
export function settledRanges(metadata: TableMetadata, log: string, partition: number): string[] {
  const value = metadata.properties?.[settledProperty(log, partition)];
  return value === undefined ? [] : value.split(",");
}

/** Name of the property that says how often a partition's end was rewound, see {@linkcode rewindOf}. */
export function rewindProperty(log: string, partition: number): string {
  return `ticklake.rewind.${log}.${partition}`;
}

/** How often the end of a partition was rewound. */
export interface Rewinds {
  count: number;
  /** The end that the last one has set; absent once a range was taken since. */
  end?: number;
}

/** The rewinds of a partition; the property's value is such as `2`, or `2:1000` before the next take. */
export function rewindOf(metadata: TableMetadata, log: string, partition: number): Rewinds {
  const found = /^(\d+)(?::(\d+))?$/.exec(
    metadata.properties?.[rewindProperty(log, partition)] ?? "0",
  );
  if (found === null) return { count: 0 };
  return { count: Number(found[1]), ...(found[2] === undefined ? {} : { end: Number(found[2]) }) };
}

/** Name of the property with the id of the log's last replay of dead letters. */
export function replayProperty(log: string): string {
  return `ticklake.replay.${log}`;
}

/**
 * All positions of a log, by partition.
 * @throws {Failure} kind `failed`, when someone has changed one to something that is not a position
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

/** What {@linkcode logProperty} says of a log, see {@linkcode logsOf}. */
export function logRecord({ topic, cluster, topicId }: LogName): string {
  return JSON.stringify({ topic, cluster, topicId });
}

/** The logs of a table, by their ids. */
export function logsOf(metadata: TableMetadata): Map<string, LogName> {
  const logs = new Map<string, LogName>();
  for (const [name, value] of Object.entries(metadata.properties ?? {})) {
    const id = /^ticklake\.log\.([0-9a-f]+)$/.exec(name)?.[1];
    if (id !== undefined) logs.set(id, JSON.parse(value) as LogName);
  }
  return logs;
}

function parse(name: string, value: string): TablePosition {
  const found = /^(\d+)-(\d+)(?:@(\d+))?$/.exec(value);
  if (found !== null) {
    const [from, end] = [Number(found[1]), Number(found[2])];
    return found[3] === undefined ? { from, end } : { from, end, epoch: Number(found[3]) };
  }
  throw new Failure(
    "failed",
    `the table's property ${name} is ${
      JSON.stringify(value)
    }; expected two offsets, such as 0-1000`,
    { fix: "Someone has changed it. Set it to the value in the newest snapshot's summary." },
  );
}
