import { AbsentObject } from "../../lake/absent_object.ts";
import { existing } from "../../lake/half_created.ts";
import { getIfThere } from "../../lake/if_there.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { ObjectName } from "../../lake/layout.ts";
import { Failure } from "../../failure/failure.ts";
import { stateFolder } from "./state_names.ts";
import { recordBytes } from "./table_state.ts";
import type { TableCallOptions } from "../table.ts";

/** Objects of one folder that become one. */
export interface FolderMerge {
  partitions: ObjectName["partitions"];
  extension: string;
  /** Names of the objects, by their first offset. */
  parts: string[];
}

/** The objects with rows of the offsets `[first, last]` of one partition become one in each folder. */
export interface Merge {
  topic: string;
  /** Key of the log in its objects' names. */
  log: string;
  partition: number;
  first: number;
  /** Inclusive. */
  last: number;
  /** Newest generation of the objects. @default {0} */
  generation?: number;
  folders: FolderMerge[];
}

/**
 * The newest claim on a table's objects. Claims are numbered, and the store lets one process alone write a
 * number, so at most one merge is in progress: the newest one. Whoever finds it executes it, which is harmless
 * to do twice. Numbers are never reused, so a late request cannot undo a later one.
 */
export interface MergeClaim {
  /** 0 if there never was one. */
  number: number;
  /** `null`: none is in progress. */
  merge: Merge | null;
}

function claimName(table: string, number: number): string {
  return `${stateFolder(table)}merge-${number}.json`;
}

/** Numbers of the claims that are there. */
async function numbers(
  store: LakeStore,
  table: string,
  { signal }: TableCallOptions,
): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of store.list(`${stateFolder(table)}merge-`, { signal })) {
    const number = /\/merge-(\d+)\.json$/.exec(name)?.[1];
    if (number !== undefined) found.push(Number(number));
  }
  return found;
}

/** The newest claim. */
export async function newestClaim(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<MergeClaim> {
  for (let missed = -1;;) {
    const number = Math.max(0, ...await numbers(store, table, options));
    if (number === 0) return { number, merge: null };
    try {
      const text = new TextDecoder().decode(await store.get(claimName(table, number), options));
      return { number, merge: (JSON.parse(text) as { merge: Merge | null }).merge };
    } catch (error) {
      // A newer claim may have replaced it; if it is still the newest, it cannot be read.
      if (!(error instanceof AbsentObject) || missed === number) throw error;
      missed = number;
    }
  }
}

/**
 * Creates the next claim, which also marks the former one as done.
 * @returns the claim; `undefined` if another process was first
 */
export async function claimNext(
  store: LakeStore,
  table: string,
  former: MergeClaim,
  merge: Merge | null,
  options: TableCallOptions = {},
): Promise<MergeClaim | undefined> {
  const number = former.number + 1;
  // A repeated request may be told that the object exists although it is this very claim.
  const id = crypto.randomUUID();
  const name = claimName(table, number);
  if (!await store.create(name, recordBytes({ v: 1, id, merge }), options)) {
    // Numbers only grow: the claim or a newer one is there.
    const newest = await existing(store, name, async () => {
      const newest = await newestClaim(store, table, options);
      return newest.number < number ? undefined : newest;
    }, options);
    if (newest.number !== number) return undefined;
    // Where it is gone, a newer claim has replaced it meanwhile.
    const bytes = await getIfThere(store, name, options);
    if (bytes === undefined) return undefined;
    if ((JSON.parse(new TextDecoder().decode(bytes)) as { id: string }).id !== id) return undefined;
  }
  for (const older of await numbers(store, table, options)) {
    if (older < number) await store.remove(claimName(table, older), options);
  }
  return { number, merge };
}

/**
 * Refuses an operation that must not run during a merge of the log's objects.
 * @throws {Failure} kind `usage`
 */
export async function requireNoMerge(
  store: LakeStore,
  table: string,
  { topic, log }: Pick<Merge, "topic" | "log">,
  options: TableCallOptions = {},
): Promise<void> {
  const { merge } = await newestClaim(store, table, options);
  if (merge === null || merge.topic !== topic || merge.log !== log) return;
  throw new Failure(
    "usage",
    `small objects of table ${table} are being merged, or a merge was interrupted: ranges cannot be removed`,
    { fix: "`ticklake maintain` completes the merge; then run this again." },
  );
}
