import { getIfThere } from "../../lake/if_there.ts";
import type { LakeStore, StoreOptions } from "../../lake/store.ts";
import { stateFolder } from "../hive/state_names.ts";

/** Offsets of a replay as ranges, both ends inclusive. */
export type ReplayedRanges = ReadonlyArray<readonly [first: number, last: number]>;

/**
 * A replay of dead letters into an Iceberg table, on record before its rows are put. As soon as the table
 * has its id, the offsets are rows, and dead letters no more; until the record is removed they may still
 * stand among the dead letters.
 */
export interface ReplayRecord {
  id: string;
  /** Id of the log in the table's properties. */
  log: string;
  /** When it was started, milliseconds since 1970. */
  beganMs: number;
  /** The objects of dead letters, with the offsets that are rows now. */
  objects: ReadonlyArray<{ name: string; rows: ReplayedRanges }>;
}

/** Folder of the records, with a `/` at its end. */
function recordFolder(table: string): string {
  return `${stateFolder(table)}iceberg-replays/`;
}

/** Name of a replay's record. */
export function replayRecordName(table: string, id: string): string {
  return `${recordFolder(table)}${id}.json`;
}

/** The records that are there. */
export async function replayRecords(
  store: LakeStore,
  table: string,
  options: StoreOptions = {},
): Promise<ReplayRecord[]> {
  const records: ReplayRecord[] = [];
  for await (const { name } of store.list(recordFolder(table), options)) {
    // It is removed once the replay is complete.
    const bytes = await getIfThere(store, name, options);
    if (bytes !== undefined) records.push(JSON.parse(new TextDecoder().decode(bytes)));
  }
  return records;
}

/** Whether an offset is in one of the ranges. */
export function isReplayed(ranges: ReplayedRanges, offset: number): boolean {
  return ranges.some(([first, last]) => offset >= first && offset <= last);
}

/** Offsets in ascending order as ranges. */
export function replayedRanges(offsets: Iterable<number>): ReplayedRanges {
  const ranges: Array<[number, number]> = [];
  for (const offset of offsets) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] + 1 === offset) range[1] = offset;
    else ranges.push([offset, offset]);
  }
  return ranges;
}
