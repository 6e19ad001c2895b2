import { Failure } from "../failure/failure.ts";
import { type Encoder, startEncoder } from "../lake/format/encoder.ts";
import { currentObjects, supersededObjects } from "../lake/merged_objects.ts";
import type { LakeStore } from "../lake/store.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import { DAY_MS, isoDay } from "../schema/calendar.ts";
import { claimNext, type Merge, type MergeClaim, newestClaim } from "../table/hive/merge_claim.ts";
import { listState, ofKind, recordedLogs } from "../table/hive/table_state.ts";
import { plainTopic } from "../table/hive/state_names.ts";
import { closedRanges } from "./closed_ranges.ts";
import { mergeObjects, type MergeOutcome, requireHeld } from "./merge_objects.ts";
import { planMerges } from "./merge_plan.ts";

/** Where a merge is done. */
export interface MergePlace {
  store: LakeStore;
  /** The table's name in the lake. */
  table: string;
  /** Column with a row's place in its message's array, where messages are several rows. */
  indexColumn?: string;
  signal: AbortSignal;
  /** @default {one of its own, which is closed afterwards} */
  encoder?: Encoder;
}

/** Options of {@linkcode mergeSmallObjects}. */
export interface MergeSmallOptions extends MergePlace {
  targetBytes: number;
  /** Milliseconds since 1970: its day and later ones are not closed. */
  nowMs: number;
  /** Told how many of the objects have been merged. */
  onProgress?(done: number, all: number): void;
}

/** Result of {@linkcode mergeSmallObjects}. */
export interface MergeSummary extends MergeOutcome {
  /** Why some objects could not be merged; they stay as they are. */
  failures: string[];
}

/**
 * Completes an interrupted merge, if there is one.
 * @returns its result; `undefined` if there was none
 * @throws {Failure} kind `rejected`, when an object cannot be merged; kind `service`
 */
export async function completeMerge(place: MergePlace): Promise<MergeOutcome | undefined> {
  const claim = await newestClaim(place.store, place.table, place);
  if (claim.merge === null) return undefined;
  return await withEncoder(place, (encoder) => carryOut(claim, encoder, place));
}

/**
 * Completes an interrupted merge, or gives it up if its objects are damaged: then they stay as they are, for
 * `repair` or for ranges that are taken back.
 * @returns why it was given up; `undefined` if it was not
 * @throws {Failure} kind `service`
 */
export async function settleMerge(place: MergePlace): Promise<string | undefined> {
  try {
    await completeMerge(place);
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.kind === "rejected") return error.message;
    throw error;
  }
}

/**
 * Removes objects whose rows a merged object of their folder has as well.
 * @returns how many
 * @throws {Failure} kind `rejected`, when it does not have all of them
 */
export async function removeSuperseded(place: MergePlace): Promise<number> {
  const { store, table, signal } = place;
  const objects = await Array.fromAsync(tableObjects(store, { table, kinds: ["rows"], signal }));
  const superseded = supersededObjects(objects);
  for (const [name, by] of superseded) {
    await requireHeld(by.name, [name], place);
    await store.remove(name, { signal });
  }
  return superseded.size;
}

/** What would be merged now. */
export async function plannedMerges(
  options: Omit<MergeSmallOptions, "onProgress">,
): Promise<Merge[]> {
  const { store, table, targetBytes, nowMs, signal } = options;
  // Read before the objects are listed, so that ranges taken meanwhile are left alone.
  const state = await listState(store, table, { signal });
  const rewound = rewoundFolders(state);
  const logs = (await recordedLogs(store, table, { signal }))
    .filter(({ topic, key }) => !rewound.has(folderOf(topic, key)));
  const objects: TableObject[] = await Array.fromAsync(tableObjects(store, { table, signal }));
  if (logs.length === 0 && rewound.size === 0 && objects.length > 0) {
    throw new Failure("usage", `table ${table} has no record of its position`, {
      fix: "Run `ticklake consume --until-end` once: it upgrades a table of release 0.1.0.",
    });
  }
  const today = isoDay(Math.floor(nowMs / DAY_MS));
  const current = currentObjects(objects);
  const isClosed = await closedRanges(current, { store, today, signal });
  return planMerges(current, logs, { today, targetBytes, isClosed });
}

/**
 * Merges the small objects of closed days. It is safe while `consume` or another merge runs, and may be interrupted at any point:
 * see `merge_claim.ts`. For a moment, readers without a table format see both the merged object and its parts.
 */
export async function mergeSmallObjects(options: MergeSmallOptions): Promise<MergeSummary> {
  const { store, table, signal } = options;
  const sum: MergeSummary = { parts: 0, objects: 0, failures: [] };
  const failed = new Set<string>();
  await withEncoder(options, async (encoder) => {
    let merges = await plannedMerges(options);
    let claim = await newestClaim(store, table, { signal });
    const all = merges.reduce((sum, { folders }) => sum + countParts(folders), 0);
    while (merges.length > 0) {
      signal.throwIfAborted();
      options.onProgress?.(sum.parts, all);
      const [merge, ...rest] = merges;
      const own = claim.merge === null
        ? await claimNext(store, table, claim, merge, { signal })
        : undefined;
      if (own === undefined) {
        // Another process is merging: complete its merge first, then plan again.
        claim = await newestClaim(store, table, { signal });
        if (claim.merge !== null) await carryOut(claim, encoder, options);
        claim = await newestClaim(store, table, { signal });
        merges = (await plannedMerges(options)).filter((one) => !failed.has(keyOf(one)));
        continue;
      }
      try {
        const outcome = await carryOut(own, encoder, options);
        sum.parts += outcome?.parts ?? 0;
        sum.objects += outcome?.objects ?? 0;
      } catch (error) {
        // What cannot be merged does not keep the others from it.
        if (!(error instanceof Failure) || error.kind !== "rejected") throw error;
        sum.failures.push(error.message);
        failed.add(keyOf(merge));
      }
      claim = await newestClaim(store, table, { signal });
      merges = rest;
    }
  });
  return sum;
}

/** Executes the claimed merge, unless the table has changed since it was planned, and marks it as done. */
async function carryOut(
  claim: MergeClaim,
  encoder: Encoder,
  place: MergePlace,
): Promise<MergeOutcome | undefined> {
  const { store, table, signal } = place;
  const merge = claim.merge!;
  let outcome: MergeOutcome | undefined;
  try {
    if (await isStillPlanned(merge, place)) {
      outcome = await mergeObjects(merge, { ...place, encoder });
    }
  } catch (error) {
    // Otherwise the next run would try it before anything else.
    if (error instanceof Failure && error.kind === "rejected") {
      await claimNext(store, table, claim, null, { signal });
    }
    throw error;
  }
  await claimNext(store, table, claim, null, { signal });
  return outcome;
}

/** Whether the whole range is still in the table: ranges may have been taken back. */
async function isStillPlanned({ topic, log, partition, last }: Merge, place: MergePlace) {
  const { store, table, signal } = place;
  const state = await listState(store, table, { signal });
  const isRewound = rewoundFolders(state).has(folderOf(topic, log));
  const logs = await recordedLogs(store, table, { signal });
  const found = logs.find((one) => one.topic === topic && one.key === log);
  return !isRewound && last < (found?.positions.get(partition)?.end ?? 0);
}

/** Logs that are being taken back, by {@linkcode folderOf}. */
function rewoundFolders(state: Parameters<typeof ofKind>[0]): ReadonlySet<string> {
  return new Set(ofKind(state, "rewind").map(({ folder }) => plainTopic(folder) ?? folder));
}

/** A log's key, or, of one without, its topic. */
function folderOf(topic: string, key: string): string {
  return key === "" ? topic : key;
}

function keyOf({ topic, log, partition, first, last }: Merge): string {
  return JSON.stringify([topic, log, partition, first, last]);
}

/** Objects that become others. */
export function countParts(folders: Merge["folders"]): number {
  return folders.reduce((sum, { parts }) => sum + parts.length, 0);
}

async function withEncoder<T>(
  { encoder: given }: MergePlace,
  work: (encoder: Encoder) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return await work(given);
  const encoder = startEncoder();
  try {
    return await work(encoder);
  } finally {
    encoder.close();
  }
}
