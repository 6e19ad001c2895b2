import type { LakeStore } from "../lake/store.ts";
import { stateFolder } from "../table/hive/state_names.ts";
import type { GapReason } from "../table/table.ts";
import type { RepairPlan } from "./repair_plan.ts";
import { reset, type ResetOptions } from "./reset.ts";

/** Reason of the gaps that a repair records. */
export const LOST: GapReason = "lost";

/** Copies an object that cannot be read to where no engine looks. */
export async function copyAside(
  name: string,
  { store, tableName, signal }: { store: LakeStore; tableName: string; signal: AbortSignal },
): Promise<void> {
  const copy = `${stateFolder(tableName)}damaged/${name.replaceAll("/", "~")}`;
  await store.put(copy, await store.get(name, { signal }), { signal });
}

/**
 * Rewinds the table to the first wrong offset of each partition that the topic has.
 * @returns whether there is one: then `consume` is to write from there
 */
export async function rewind(
  plans: readonly RepairPlan[],
  options: Omit<ResetOptions, "target" | "partitions" | "rewrite" | "dryRun">,
): Promise<boolean> {
  const from = new Map(
    plans.flatMap(({ partition, rewriteFrom }) =>
      rewriteFrom === undefined ? [] : [[partition, rewriteFrom] as const]
    ),
  );
  if (from.size === 0) return false;
  await reset({
    ...options,
    target: (partition) => from.get(partition)!,
    partitions: [...from.keys()],
    rewrite: true,
    dryRun: false,
  });
  return true;
}
