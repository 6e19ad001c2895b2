import { noSuchTopic } from "../broker/absent_topic.ts";
import type { Broker } from "../broker/broker.ts";
import type { GroupAdmin } from "../broker/group_admin.ts";
import { groupInUse } from "../broker/group_in_use.ts";
import { gapPartitions, objectName } from "../lake/layout.ts";
import type { LakeStore } from "../lake/store.ts";
import { currentObjects, supersededObjects } from "../lake/merged_objects.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import { gapContent } from "../table/gap_content.ts";
import type { Table } from "../table/table.ts";
import type { TableVerdict } from "../verify/verify.ts";
import { openLog } from "./open_log.ts";
import { redundantObjects } from "./redundant_objects.ts";
import { isEmpty, planRepair, type RepairPlan } from "./repair_plan.ts";
import { copyAside, LOST, rewind } from "./repair_steps.ts";
import { reset } from "./reset.ts";

/** Options of {@linkcode repair}. */
export interface RepairOptions {
  broker: Broker;
  admin: GroupAdmin;
  store: LakeStore;
  table: Table;
  /** The table's name in the lake. */
  tableName: string;
  /** Column with a row's place in its message's array, where messages are several rows. */
  indexColumn?: string;
  topic: string;
  group: string;
  /** What a deep verification has found. */
  verdict: TableVerdict;
  /**
   * What becomes of rows of an Iceberg table that another program has deleted, or may have.
   * @default {they are neither read again nor counted as deleted on purpose}
   */
  deleted?: "accept" | "restore";
  dryRun: boolean;
  signal: AbortSignal;
  /** Told how many of a partition's objects have been taken out, to be written again. */
  onRemoved?(done: number, all: number): void;
  /** Told what will be done, before anything is. */
  onPlan?(plans: readonly RepairPlan[]): void;
  /** Writes what the topic has beyond the table's end, to the topic's end. */
  consume(): Promise<void>;
}

/**
 * Does what a verification calls for. Every step may be repeated, and leaves something that verifies better
 * than before or is found again:
 *
 * 1. Objects whose offsets others all hold are removed, one by one.
 * 2. Offsets that the topic no longer has are recorded as gaps; objects that cannot be read are first copied
 *    to the table's state folder, then removed from the table.
 * 3. The table is rewound to the first wrong offset that the topic has, see {@linkcode reset}.
 * 4. `consume` removes uncommitted objects, and writes from there to the end.
 *
 * @returns what was, or would be, done; nothing for a partition that needs nothing
 * @throws {Failure} kind `usage`, when the group has members or another group writes the table; kind `service`
 */
export async function repair(options: RepairOptions): Promise<RepairPlan[]> {
  const { admin, group, dryRun, signal } = options;
  const plans = (await plansOf(options)).filter((plan) =>
    !isEmpty(plan) || plan.hopeless.length > 0
  );
  options.onPlan?.(plans);
  if (dryRun || plans.every(isEmpty)) return plans;
  if (await admin.members(group, signal) > 0) throw groupInUse(group);
  // Refuses the table of another group before anything is changed.
  await openLog(options);
  for (const plan of plans) await applyPlan(plan, options);
  const sweeps = plans.filter(({ sweep }) => sweep).map(({ partition }) => partition);
  if (sweeps.length > 0) {
    // The group's next member removes them, as the broker fences members: one may have joined since the check.
    const target = () => "lake" as const;
    await reset({ ...options, target, partitions: sweeps, rewrite: false, dryRun: false });
  }
  const isRewound = await rewind(plans, options);
  if (isRewound || sweeps.length > 0) await options.consume();
  return plans;
}

async function plansOf(
  { broker, store, tableName, indexColumn, topic, verdict, signal }: RepairOptions,
): Promise<RepairPlan[]> {
  const offsets = await broker.topicOffsets(topic, { signal });
  if (offsets === null) throw await noSuchTopic(broker, topic, { signal });
  const listed = await Array.fromAsync(tableObjects(store, { table: tableName, topic, signal }));
  const unreadable = new Set(
    verdict.partitions.flatMap(({ unreadable }) => unreadable.map(({ object }) => object)),
  );
  const isReadable = ({ name }: TableObject) => !unreadable.has(name);
  // If a merged object cannot be read, its parts are the only copy of its rows.
  const readable = listed.filter(isReadable);
  const superseded = supersededObjects(readable);
  const all = [...currentObjects(readable), ...listed.filter((one) => !isReadable(one))];
  const plans: RepairPlan[] = [];
  for (const one of verdict.partitions) {
    const { partition, log, isCurrent, duplicate, unreadable } = one;
    const isOwn = ({ parsed }: TableObject) =>
      parsed.partition === partition && (parsed.log ?? "") === log;
    const objects = all.filter(isOwn);
    const low = isCurrent
      ? offsets.find((offset) => offset.partition === partition)?.low ?? Infinity
      : Infinity;
    const damaged = unreadable.map(({ object }) => object);
    const cure = await redundantObjects(objects, duplicate, damaged, {
      store,
      signal,
      indexColumn,
    });
    const merged = readable.filter((object) => superseded.has(object.name) && isOwn(object));
    const redundant = [...merged.map(({ name }) => name), ...cure.redundant];
    const isOneRow = indexColumn === undefined;
    plans.push(planRepair(one, objects, low, { ...cure, redundant, isOneRow }));
  }
  return plans;
}

/** Steps 1 and 2. */
async function applyPlan(
  { partition, log, redundant, aside, lost }: RepairPlan,
  options: RepairOptions,
): Promise<void> {
  const { store, tableName: table, topic, signal } = options;
  for (const name of redundant) await store.remove(name, { signal });
  for (const name of aside) await copyAside(name, options);
  for (const { first, last } of lost) {
    const name = objectName({
      table,
      topic,
      log,
      partition,
      first,
      last,
      kind: "gap",
      partitions: gapPartitions(LOST),
      extension: "json",
    });
    await store.put(name, gapContent({ topic, partition, first, last }, LOST), { signal });
  }
  for (const name of aside) await store.remove(name, { signal });
}
