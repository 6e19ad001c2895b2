import type { Broker } from "../broker/broker.ts";
import type { GroupAdmin } from "../broker/group_admin.ts";
import { groupInUse } from "../broker/group_in_use.ts";
import { Failure } from "../failure/failure.ts";
import { objectName } from "../lake/layout.ts";
import type { LakeStore } from "../lake/store.ts";
import { tableObjects } from "../lake/table_objects.ts";
import { formatCheckpoint } from "../sink/intent.ts";
import type { Table, TableLog } from "../table/table.ts";
import { openLog } from "./open_log.ts";
import { type PartitionPlan, type PartitionState, planReset } from "./reset_plan.ts";

/** Options of {@linkcode reset}. */
export interface ResetOptions {
  broker: Broker;
  admin: GroupAdmin;
  store: LakeStore;
  table: Table;
  /** The table's name in the lake. */
  tableName: string;
  topic: string;
  group: string;
  /** Offset to read next, by partition, or `lake`. */
  target(partition: number): number | "lake";
  /** Only these partitions. @default {all} */
  partitions?: readonly number[];
  /** Whether ranges may be taken out of the table. */
  rewrite: boolean;
  dryRun: boolean;
  signal: AbortSignal;
  /** See `RewindCallOptions`. */
  rowsLeftDeleted?: number;
  /** Told how many of a partition's objects have been taken out of the table. */
  onRemoved?(done: number, all: number): void;
}

/**
 * Moves a group, and with `rewrite` the end of the table, so that the next `consume` continues elsewhere.
 *
 * The rewind of a table is recorded first, then the group's offset is set, which the broker refuses while the
 * group has a member. So whoever joins the group from then on completes the rewind, however long this is paused,
 * and this then changes nothing of what was written since.
 * @returns what was, or would be, done
 * @throws {Failure} kind `usage`, when it would write rows twice or the group has members; kind `service`
 */
export async function reset(options: ResetOptions): Promise<PartitionPlan[]> {
  const { admin, topic, group, dryRun, signal, onRemoved } = options;
  const log = await openLog(options);
  const states = await statesOf(options, log);
  const plans = states.map((state) =>
    planReset(state, options.target(state.partition), options.rewrite)
  );
  if (dryRun) return plans;
  if (await admin.members(group, signal) > 0) throw groupInUse(group);
  const positions = new Map(states.map(({ partition, position }) => [partition, position]));
  const setOffsets = () =>
    admin.setOffsets(
      group,
      topic,
      plans.map(({ partition, offset, rewind, skipped }) => ({
        partition,
        offset,
        // Without a checkpoint the sink takes it for moved on purpose, and records what was skipped.
        metadata: skipped > 0 ? "" : formatCheckpoint({
          from: rewind?.from ?? positions.get(partition)?.from ?? offset,
          log: log.key,
          table: log.table,
          // The intent of a flush that was killed is lost with the former metadata.
          sweep: true,
        }),
      })),
      signal,
    );
  const rewinds = plans.flatMap(({ partition, rewind }) =>
    rewind === undefined ? [] : [[partition, rewind] as const]
  );
  if (rewinds.length === 0) await setOffsets();
  else {
    const { rowsLeftDeleted } = options;
    const before = setOffsets;
    await log.rewind(new Map(rewinds), { signal, onRemoved, before, rowsLeftDeleted });
  }
  return plans;
}

async function statesOf(options: ResetOptions, log: TableLog): Promise<PartitionState[]> {
  const { broker, topic, group, partitions: only, signal } = options;
  const offsets = await broker.topicOffsets(topic, { signal }) ?? [];
  const committed = new Map(
    (await broker.groupOffsets(group, topic, { signal })).map((one) => [one.partition, one.offset]),
  );
  const chosen = offsets.filter(({ partition }) => only === undefined || only.includes(partition));
  if (chosen.length === 0) {
    throw new Failure(
      "usage",
      `--partition: topic ${topic} has partitions 0 to ${offsets.length - 1}, found ${only}`,
    );
  }
  const positions = await log.positions(chosen.map(({ partition }) => partition), { signal });
  const ranges = await rangesOf(options, log);
  return chosen.map(({ partition, low, high }) => ({
    partition,
    low,
    high,
    committed: committed.get(partition) ?? null,
    position: positions.get(partition),
    ranges: ranges.get(partition) ?? [],
  }));
}

/** The log's ranges, by partition. */
async function rangesOf(
  { store, tableName: table, topic, rewrite, signal }: ResetOptions,
  log: TableLog,
): Promise<ReadonlyMap<number, PartitionState["ranges"]>> {
  const ranges = new Map<number, Map<string, { first: number; end: number }>>();
  if (!rewrite) return new Map();
  if (log.ranges !== undefined) return await log.ranges({ signal });
  for await (const { parsed } of tableObjects(store, { table, topic, signal })) {
    const { partition, first, last } = parsed;
    const named = objectName({ ...parsed, replay: undefined, merged: undefined });
    if (log.objectName(parsed) !== named) continue;
    let own = ranges.get(partition);
    if (own === undefined) ranges.set(partition, own = new Map());
    own.set(`${first}-${last}`, { first, end: last + 1 });
  }
  return new Map([...ranges].map(([partition, own]) => [partition, [...own.values()]]));
}
