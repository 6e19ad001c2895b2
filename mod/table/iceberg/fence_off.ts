import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { fenceSummary, groupSummary } from "./ownership.ts";
import { rewindOf, rewindProperty } from "./position.ts";
import { writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/** What {@linkcode fenceOff} needs. */
export interface FenceOptions {
  catalog: TableCatalog;
  files: TableFiles;
  log: { id: string };
  /** The consumer group that the partitions are now. */
  group?: string;
}

/**
 * Refuses all that former owners of partitions still commit, by counting a rewind that removes nothing. What
 * is written from then on has names of its own, see `Rewinds.count`.
 * @param ends where the partitions end, by number
 * @returns whether it is done; otherwise another writer has changed the table since it was loaded
 */
export async function fenceOff(
  { catalog, files, log, group }: FenceOptions,
  base: LoadedTable,
  ends: ReadonlyMap<number, number>,
): Promise<boolean> {
  const counted = [...ends].map(([partition, end]) => {
    const { count } = rewindOf(base.metadata, log.id, partition);
    return [rewindProperty(log.id, partition), `${count + 1}:${end}`] as const;
  });
  // With a snapshot, so that a commit of a former owner that is in flight is refused.
  const summary = { ...fenceSummary(log.id, ends), ...groupSummary(group) };
  const updates = await writeSnapshot(base, files, { added: [], summary }, Date.now());
  const set = { action: "set-properties" as const, updates: Object.fromEntries(counted) };
  return await catalog.commit(base, [...updates, set]);
}
