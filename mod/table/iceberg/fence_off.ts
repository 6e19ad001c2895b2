import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { rewindOf, rewindProperty } from "./position.ts";
import { writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/**
 * Refuses all that former owners of partitions still commit, by counting a rewind that removes nothing. What
 * is written from then on has names of its own, see `Rewinds.count`.
 * @param ends where the partitions end, by number
 * @returns whether it is done; otherwise another writer has changed the table since it was loaded
 */
export async function fenceOff(
  { catalog, files, log }: { catalog: TableCatalog; files: TableFiles; log: { id: string } },
  base: LoadedTable,
  ends: ReadonlyMap<number, number>,
): Promise<boolean> {
  const counted = [...ends].map(([partition, end]) => {
    const { count } = rewindOf(base.metadata, log.id, partition);
    return [rewindProperty(log.id, partition), `${count + 1}:${end}`] as const;
  });
  // With a snapshot, so that a commit of a former owner that is in flight is refused.
  const updates = await writeSnapshot(base, files, { added: [] }, Date.now());
  const set = { action: "set-properties" as const, updates: Object.fromEntries(counted) };
  return await catalog.commit(base, [...updates, set]);
}
