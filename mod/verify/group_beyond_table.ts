import type { CommittedOffset, PartitionOffsets } from "../broker/broker.ts";
import { parseCheckpoint } from "../sink/intent.ts";
import type { TableMetadata } from "../table/iceberg/metadata.ts";
import { lastChange } from "../table/iceberg/ownership.ts";
import { positionsOf } from "../table/iceberg/position.ts";
import { standing } from "./expected_offsets.ts";
import type { OffsetRange } from "./offset_range.ts";
import type { PartitionVerdict, VerifyOptions } from "./verify.ts";

/** What {@linkcode groupBeyondTable} compares. */
export interface GroupAndTable {
  metadata: TableMetadata;
  /** Id of the log in the table's properties. */
  id: string;
  /** Key of the log. */
  key: string;
  /** What the group had committed before the table was loaded. */
  committed: readonly CommittedOffset[];
  /** The topic's offsets; a partition without a leader is absent. */
  offsets: readonly PartitionOffsets[];
}

/** What a table lacks of a partition. */
export type BeyondTable = Pick<PartitionVerdict, "partition" | "from" | "unwritten" | "lost">;

/**
 * The partitions of which the group has committed more than an Iceberg table has. The table takes a range
 * before it is committed, so it was replaced by an older one, or made anew. Only commits of this program to
 * this table and log count; and not where the table was rewound since and another group writes it.
 */
export function groupBeyondTable(
  { metadata, id, key, committed, offsets }: GroupAndTable,
  { group, table, since }: Pick<VerifyOptions, "group" | "table" | "since">,
): BeyondTable[] {
  const positions = positionsOf(metadata, id);
  return committed.flatMap((one) => {
    const { partition } = one;
    const checkpoint = parseCheckpoint(one.metadata);
    const found = standing(one);
    const there = offsets.find((topic) => topic.partition === partition);
    if (checkpoint === undefined || found === undefined || there === undefined) return [];
    if (checkpoint.table !== table || (checkpoint.log ?? "") !== key) return [];
    if (isOfOthers(metadata, { log: id, partition }, group)) return [];
    const { from } = found;
    const first = Math.max(positions.get(partition)?.end ?? from, since?.get(partition) ?? 0);
    if (found.end <= first) return [];
    const all = { first, last: found.end - 1 };
    const { low, high } = there;
    const unwritten = part(all, low, high);
    const lost = [...part(all, 0, low), ...part(all, Math.max(low, high), Infinity)];
    return [{ partition, from: Math.max(from, since?.get(partition) ?? 0), unwritten, lost }];
  });
}

/** Whether the table was rewound, and is not written by the group since. */
function isOfOthers(
  metadata: TableMetadata,
  at: { log: string; partition: number },
  group: string,
): boolean {
  const newest = lastChange(metadata, at, ["taken", "rewound"]);
  return lastChange(metadata, at, ["rewound"]) !== undefined && newest?.group !== group;
}

/** The part of a range in `[from, end)`, if any. */
function part({ first, last }: OffsetRange, from: number, end: number): OffsetRange[] {
  const range = { first: Math.max(first, from), last: Math.min(last, end - 1) };
  return range.first <= range.last ? [range] : [];
}
