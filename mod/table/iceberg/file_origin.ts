import { type ObjectName, parseObjectName } from "../../lake/layout.ts";
import type { TableMetadata } from "./metadata.ts";
import { logId } from "./position.ts";

/** What the name of a data file says of its rows. */
export interface FileOrigin {
  /** Id of the log that all of them are of, see `logId`. */
  log: string;
  /** The offsets of one partition that they are in; absent for a merged file. */
  range?: { partition: number; first: number; last: number };
}

/** Name of the property that says which log the names without a key are of. */
export function plainLogProperty(id: string): string {
  return `ticklake.plain.${id}`;
}

/** Id of the log that an object's name refers to. */
export function logOfName(
  { properties = {} }: Pick<TableMetadata, "properties">,
  { topic, log = "" }: { topic: string; log?: string },
): string {
  const id = logId(log, topic);
  return properties[plainLogProperty(id)] ?? id;
}

/** Log, milliseconds since 1970, random id. */
const MERGED = /\/merged-([0-9a-f]{12})-(\d{13})-[0-9a-f-]{36}\.parquet$/;

/** Name of a new file with rows of several ranges of one log. @param folder without a `/` at its end */
export function mergedName(folder: string, log: string, nowMs: number): string {
  return `${folder}/merged-${log}-${nowMs}-${crypto.randomUUID()}.parquet`;
}

/** When a merged file was written; `undefined` for another file. */
export function mergedAt(name: string): number | undefined {
  const found = MERGED.exec(name);
  return found === null ? undefined : Number(found[2]);
}

/**
 * Folder of the data files that a flush writes, with a `/` at its end.
 * @param rewinds how often the partition's end was rewound: files of former snapshots keep their names
 */
export function dataFolder(table: string, rewinds = 0): string {
  return `${table}/data/${rewinds === 0 ? "" : `rewind=${rewinds}/`}`;
}

/** What the name of a flush's data file says; `null` for another file. */
export function parseDataFile(name: string): ObjectName | null {
  return parseObjectName(name.replace(/\/data\/(?:rewind=\d+\/)?/, "/"));
}

/** @returns `undefined` for a file that another program has written: its rows may be of any log */
export function originOf(
  name: string,
  metadata: Pick<TableMetadata, "properties">,
): FileOrigin | undefined {
  const merged = MERGED.exec(name);
  if (merged !== null) return { log: merged[1] };
  const parsed = parseDataFile(name);
  if (parsed === null) return undefined;
  const { partition, first, last } = parsed;
  return { log: logOfName(metadata, parsed), range: { partition, first, last } };
}
