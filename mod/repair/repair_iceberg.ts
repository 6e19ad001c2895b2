import { noSuchTopic } from "../broker/absent_topic.ts";
import { groupInUse } from "../broker/group_in_use.ts";
import { isThere } from "../lake/if_there.ts";
import { type FlushRange, gapPartitions, type ObjectName, objectName } from "../lake/layout.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import type { LoadedTable, TableCatalog } from "../table/iceberg/catalog.ts";
import { logOfName } from "../table/iceberg/file_origin.ts";
import { recordDeletions } from "../table/iceberg/deletions.ts";
import { liveEntries, mayHold } from "../table/iceberg/live_entries.ts";
import { removeWrongRows } from "../table/iceberg/remove_wrong_rows.ts";
import { logId, logsOf } from "../table/iceberg/position.ts";
import { RowDeletes } from "../table/iceberg/row_deletes.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import type { TableLog } from "../table/table.ts";
import { countText } from "../terminal/amount_text.ts";
import { gapObject } from "../sink/range_objects.ts";
import { gapContent } from "../table/gap_content.ts";
import { objectOffsets } from "../verify/object_offsets.ts";
import {
  addOffset,
  countOffsets,
  merged,
  type OffsetRange,
  without,
} from "../verify/offset_range.ts";
import { OffsetSet } from "../verify/offset_set.ts";
import type { PartitionVerdict, TableVerdict } from "../verify/verify.ts";
import { keepOthers } from "./letters.ts";
import { openLog } from "./open_log.ts";
import type { RepairOptions } from "./repair.ts";
import { isEmpty, offTheLog, type RepairPlan } from "./repair_plan.ts";
import { copyAside, LOST, rewind } from "./repair_steps.ts";

/** Options of {@linkcode repairIceberg}. */
export interface RepairIcebergOptions extends RepairOptions {
  catalog: TableCatalog;
  files: TableFiles;
  /** Verifies again, by reading every row. */
  verifyAgain(): Promise<TableVerdict>;
}

/**
 * Does what a verification of an Iceberg table calls for. Every step may be repeated, and leaves something
 * that verifies better than before or is found again:
 *
 * 1. One commit takes out files that cannot be read (copied to the table's state folder first), rows that
 *    are there a second time, and rows beyond the table's positions. Dead letters and gaps of offsets that
 *    are rows are removed after it.
 * 2. Offsets that neither the table nor the topic has become recorded gaps.
 * 3. The table is rewound to the first missing offset that the topic has, see {@linkcode reset}.
 * 4. `consume` writes from there to the end.
 *
 * Rows that another program has deleted are read again only if `deleted` is `restore`: without it, a partition
 * in which they lie beyond the first missing offset is not rewound.
 *
 * @returns what was, or would be, done
 * @throws {Failure} kind `usage`, when the group has members; kind `service`
 */
export async function repairIceberg(options: RepairIcebergOptions): Promise<RepairPlan[]> {
  const { admin, group, dryRun, signal, verdict } = options;
  let plans = await plansOf(verdict, options);
  options.onPlan?.(plans);
  // What a restored table lacks of what the group has committed.
  const isBehind = verdict.partitions.some(({ unwritten }) => unwritten.length > 0);
  if (dryRun || plans.every(isEmpty) && !isBehind) return plans;
  if (await admin.members(group, signal) > 0) throw groupInUse(group);
  const log = await openLog(options);
  if (plans.some(({ accepted = [] }) => accepted.length > 0)) {
    await recordDeletions(recordOptions(options), countDeleted(verdict, plans));
  }
  const isChanged = plans.some(({ doubled = [], aside, sweep }) =>
    doubled.length + aside.length > 0 || sweep
  );
  if (isChanged) {
    await removeWrong(plans, logId(log.key, options.topic), options);
    // What the files held that are out now is missing, and no more is.
    const { partitions: left } = await options.verifyAgain();
    const lows = await lowOffsets(options);
    plans = plans.map((plan) => {
      const isOf = ({ partition, log }: { partition: number; log: string }) =>
        partition === plan.partition && log === plan.log;
      const after = left.find(isOf);
      if (after === undefined) return plan;
      const before = verdict.partitions.find(isOf)!;
      const { lost, rewriteFrom } = planOf(
        withoutDeleted(after, before),
        lows.get(plan.partition) ?? Infinity,
        options,
      );
      // The topic cannot tell whether an offset that it no longer has was a message; that a file was there can.
      const held = plan.aside.length === 0
        ? []
        : before.unreadable.flatMap(({ first, last }) =>
          without([{ first, last }], without([{ first, last }], after.unproven))
        );
      return { ...plan, lost: [...lost, ...held], rewriteFrom };
    });
  }
  await recordLost(plans, log, options);
  const rowsLeftDeleted = countDeleted(verdict, plans);
  const isRewound = await rewind(plans, { ...options, rowsLeftDeleted });
  if (isRewound || isBehind) await options.consume();
  return plans;
}

async function plansOf(
  { partitions }: TableVerdict,
  options: RepairIcebergOptions,
): Promise<RepairPlan[]> {
  const lows = await lowOffsets(options);
  return partitions
    .map((verdict) => planOf(verdict, lows.get(verdict.partition) ?? Infinity, options))
    .filter((plan) => !isEmpty(plan) || plan.hopeless.length > 0);
}

/** Offset of the topic's oldest message, by partition. */
async function lowOffsets(
  { broker, topic, signal }: RepairIcebergOptions,
): Promise<ReadonlyMap<number, number>> {
  const offsets = await broker.topicOffsets(topic, { signal });
  if (offsets === null) throw await noSuchTopic(broker, topic, { signal });
  return new Map(offsets.map(({ partition, low }) => [partition, low]));
}

/** @param low offset of the topic's oldest message */
function planOf(
  verdict: PartitionVerdict,
  low: number,
  { deleted: policy }: Pick<RepairOptions, "deleted">,
): RepairPlan {
  const { partition, log, duplicate, unreadable, beyond, isCurrent, mayBeDeleted } = verdict;
  const from = isCurrent ? low : Infinity;
  const isRestored = policy === "restore";
  const uncertain = mayBeDeleted && !isRestored ? verdict.missing : [];
  const deleted = merged([...verdict.deleted, ...uncertain]);
  const restored = isRestored ? without(verdict.deleted, [{ first: 0, last: from - 1 }]) : [];
  const missing = merged([...without(verdict.missing, uncertain), ...restored]);
  const plan: RepairPlan = {
    partition,
    log,
    redundant: [],
    doubled: isCurrent ? duplicate : [],
    aside: isCurrent ? unreadable.map(({ object }) => object) : [],
    lost: missing.flatMap(({ first, last }) =>
      first < from ? [{ first, last: Math.min(last, from - 1) }] : []
    ),
    sweep: isCurrent && beyond.length > 0,
    hopeless: offTheLog(verdict),
  };
  if (!isCurrent && duplicate.length + unreadable.length + beyond.length > 0) {
    plan.hopeless.push("faults in a log that the topic's name no longer refers to remain");
  }
  if (policy === "accept") plan.accepted = uncertain;
  else if (uncertain.length > 0) {
    plan.hopeless.push(
      `${countText(countOffsets(uncertain), "offset")} from ${uncertain[0].first} on: another ` +
        "program has deleted these rows, or they are lost; see --deleted",
    );
  }
  const again = [
    ...missing.map(({ first, last }) => last < from ? Infinity : Math.max(first, from)),
    ...unreadable.map(({ first, last }) => last < from ? Infinity : Math.max(first, from)),
  ];
  const first = again.reduce((least, offset) => Math.min(least, offset), Infinity);
  if (first === Infinity) return plan;
  if (isRestored || !deleted.some(({ last }) => last >= first)) plan.rewriteFrom = first;
  else {
    // As long as the files are in the table, it is known which offsets are lost.
    plan.aside = [];
    plan.hopeless.push(
      `all from offset ${first} on would be written again, with rows that another program has ` +
        "deleted; --deleted restore does that",
    );
  }
  return plan;
}

/** A verdict after files were taken out: what was deleted before is not missing. */
function withoutDeleted(after: PartitionVerdict, before: PartitionVerdict): PartitionVerdict {
  const { deleted, mayBeDeleted } = before;
  const uncertain = mayBeDeleted ? before.missing : [];
  const missing = without(after.missing, [...deleted, ...uncertain]);
  return { ...after, deleted: merged([...deleted, ...uncertain]), missing, mayBeDeleted: false };
}

/** Offsets whose rows another program has deleted, once the plans are carried out. */
function countDeleted({ partitions }: TableVerdict, plans: readonly RepairPlan[]): number {
  return partitions.reduce((sum, { partition, log, deleted }) => {
    const plan = plans.find((plan) => plan.partition === partition && plan.log === log);
    const { rewriteFrom = Infinity, accepted = [] } = plan ?? {};
    const all = merged([...deleted, ...accepted]);
    return sum + countOffsets(without(all, [{ first: rewriteFrom, last: Infinity }]));
  }, 0);
}

function recordOptions({ catalog, tableName: table, signal }: RepairIcebergOptions) {
  return { catalog, table, signal };
}

/** Step 1. */
async function removeWrong(
  plans: readonly RepairPlan[],
  log: string,
  options: RepairIcebergOptions,
): Promise<void> {
  const { store, tableName: table, signal } = options;
  const aside = plans.flatMap(({ aside }) => aside);
  for (const name of aside) {
    if (await isThere(store, name, { signal })) await copyAside(name, options);
  }
  const doubled = new Map(
    plans.flatMap(({ partition, doubled = [] }) =>
      doubled.length > 0 ? [[partition, doubled] as const] : []
    ),
  );
  const beyond = new Set(plans.flatMap(({ partition, sweep }) => sweep ? [partition] : []));
  const unreadable = new Set(aside);
  await removeWrongRows({ ...options, table, log: { id: log }, unreadable, doubled, beyond });
  for (const name of aside) {
    if (name.startsWith("dead_letter/")) await store.remove(name, { signal });
  }
  if (doubled.size > 0) await removeBeside(doubled, log, options);
}

/** Offsets that are there more than once, by partition. */
type Doubled = ReadonlyMap<number, readonly OffsetRange[]>;

/** Takes offsets out of dead letters and gaps that are rows, or dead letters of another object. */
async function removeBeside(
  doubled: Doubled,
  log: string,
  options: RepairIcebergOptions,
): Promise<void> {
  const { catalog, files, store, tableName: table, topic, signal } = options;
  const base = await catalog.load();
  if (base === undefined) return;
  const kinds = ["dead-letters", "gap"] as const;
  const all = await Array.fromAsync(tableObjects(store, { table, topic, kinds, signal }));
  const concerned = all.filter(({ parsed }) =>
    logOfName(base.metadata, parsed) === log &&
    doubled.get(parsed.partition)?.some(({ first, last }) =>
      first <= parsed.last && last >= parsed.first
    )
  );
  if (concerned.length === 0) return;
  const seen = await rowsAmong(base, doubled, log, { files, store, signal });
  for (const object of concerned) {
    const { kind, partition } = object.parsed;
    if (kind !== "dead-letters") continue;
    const { offsets } = await objectOffsets(object, await store.get(object.name, { signal }));
    const again = new Set(
      offsets.filter((offset) =>
        isIn(doubled.get(partition)!, offset) && !seen.get(partition)!.add(offset)
      ),
    );
    if (again.size > 0) {
      await keepOthers(object.name, (offset) => again.has(offset), { store, signal });
    }
  }
  for (const object of concerned) {
    const { kind, partition } = object.parsed;
    if (kind !== "gap") continue;
    await narrowGap(object, doubled.get(partition)!, seen.get(partition)!, options);
  }
}

function isIn(ranges: readonly OffsetRange[], offset: number): boolean {
  return ranges.some(({ first, last }) => offset >= first && offset <= last);
}

/** Those of the offsets that are rows, by partition. */
async function rowsAmong(
  base: LoadedTable,
  wanted: Doubled,
  log: string,
  { files, store, signal }: Pick<RepairIcebergOptions, "files" | "store" | "signal">,
): Promise<ReadonlyMap<number, OffsetSet>> {
  const rows = new Map([...wanted.keys()].map((partition) => [partition, new OffsetSet()]));
  const parsed = { kind: "rows", extension: "parquet" } as ObjectName;
  const { entries, hasDeleteFiles } = await liveEntries(base, files);
  const deletes = hasDeleteFiles ? await RowDeletes.open(base, files, { signal }) : undefined;
  for (const entry of entries) {
    const { name, file, origin } = entry;
    if (origin !== undefined && origin.log !== log) continue;
    const isConcerned = [...wanted].some(([partition, ranges]) =>
      ranges.some((range) => mayHold(file, base, partition, range))
    );
    if (!isConcerned) continue;
    const bytes = await store.get(name, { signal });
    const found = await objectOffsets({ name, parsed }, bytes);
    const gone = await deletes?.of(entry, bytes);
    found.offsets.forEach((offset, row) => {
      if (gone?.has(row)) return;
      const partition = found.partitionOf[row];
      if (isIn(wanted.get(partition) ?? [], offset)) rows.get(partition)!.add(offset);
    });
  }
  return rows;
}

/** Puts records of the gap's offsets that are nowhere else in the place of the former one. */
async function narrowGap(
  { name, parsed }: TableObject,
  doubled: readonly OffsetRange[],
  seen: OffsetSet,
  { store, signal }: RepairIcebergOptions,
): Promise<void> {
  const held: OffsetRange[] = [];
  let isNarrower = false;
  for (const { first, last } of doubled) {
    const end = Math.min(last, parsed.last);
    for (let offset = Math.max(first, parsed.first); offset <= end; offset++) {
      // One of two gaps keeps what no row has.
      if (seen.add(offset)) continue;
      addOffset(held, offset);
      isNarrower = true;
    }
  }
  if (!isNarrower) return;
  const record = JSON.parse(new TextDecoder().decode(await store.get(name, { signal })));
  for (const { first, last } of without([parsed], held)) {
    const narrower = objectName({ ...parsed, first, last });
    const bytes = new TextEncoder().encode(
      JSON.stringify({ ...record, first, last, lost: last + 1 - first }) + "\n",
    );
    await store.put(narrower, bytes, { signal });
  }
  await store.remove(name, { signal });
}

/** Step 2. A gap of a former log is recorded under that log's name. */
async function recordLost(
  plans: readonly RepairPlan[],
  log: TableLog,
  { catalog, store, tableName: table, topic, signal }: RepairIcebergOptions,
): Promise<void> {
  const losing = plans.filter(({ lost }) => lost.length > 0);
  if (losing.length === 0) return;
  const current = logId(log.key, topic);
  const base = await catalog.load();
  const logs = base === undefined ? undefined : logsOf(base.metadata);
  for (const { partition, lost, log: id } of losing) {
    for (const { first, last } of lost) {
      const { name, bytes } = id === current
        ? gapObject({ log, partition, first, end: last + 1 }, LOST)
        : gapOf({ topic: logs?.get(id)?.topic ?? topic, log: id, partition, first, last }, table);
      await store.put(name, bytes, { signal });
    }
  }
}

/** The record of a gap, by the log's id. */
function gapOf(range: FlushRange, table: string): { name: string; bytes: Uint8Array } {
  const { topic, partition, first, last } = range;
  const place = { kind: "gap", partitions: gapPartitions(LOST), extension: "json" } as const;
  return {
    name: objectName({ table, ...range, ...place }),
    bytes: gapContent({ topic, partition, first, last }, LOST),
  };
}
