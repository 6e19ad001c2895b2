import type { LakeStore } from "../lake/store.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import { newestClaim } from "../table/hive/merge_claim.ts";

/** What {@linkcode listSteadily} lists. */
interface Listed {
  store: LakeStore;
  table: string;
  topic: string;
  signal: AbortSignal;
}

/** Listings after which the last one is taken as it is. */
const MOST_LISTINGS = 10;

/**
 * Lists the topic's objects in the table. A listing takes several requests: during a merge it may miss both the
 * merged object, which was not there yet, and its parts, which were already gone. So while a merge is in
 * progress, two listings must agree.
 */
export async function listSteadily(
  { store, table, topic, signal }: Listed,
): Promise<{ objects: TableObject[]; isMerging: boolean }> {
  let former: string | undefined;
  let isMerging = false;
  for (let listings = 1;; listings++) {
    const before = await newestClaim(store, table, { signal });
    const objects = await Array.fromAsync(tableObjects(store, { table, topic, signal }));
    const after = await newestClaim(store, table, { signal });
    const isQuiet = before.merge === null && after.merge === null && before.number === after.number;
    isMerging = !isQuiet;
    const names = objects.map(({ name }) => name).sort().join("\n");
    if (isQuiet || names === former || listings === MOST_LISTINGS) return { objects, isMerging };
    former = names;
  }
}
