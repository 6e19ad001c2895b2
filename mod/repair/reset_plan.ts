import { Failure } from "../failure/failure.ts";
import type { TablePosition } from "../table/table.ts";

/** Where a partition stands before a reset. */
export interface PartitionState {
  partition: number;
  /** Offset of the oldest message that the topic still has. */
  low: number;
  /** Offset that the next message will get. */
  high: number;
  /** What the group has committed; `null`: nothing. */
  committed: number | null;
  /** How far the table is; absent if it has nothing of the partition. */
  position: TablePosition | undefined;
  /** The ranges `[first, end)` of which the table has objects. */
  ranges: ReadonlyArray<{ first: number; end: number }>;
}

/** What a reset does to a partition. */
export interface PartitionPlan {
  partition: number;
  committed: number | null;
  /** Offset that the group gets. */
  offset: number;
  /** Offsets that become a recorded gap at the next start, `[end of the table, offset)`; 0 for none. */
  skipped: number;
  /** Where the table is to end, when ranges are taken back. */
  rewind?: TablePosition;
  /** Offsets that are taken back, to be read and written again. */
  again: number;
}

/**
 * What a reset to `target` does, if it may.
 * @param target offset to read next, or `lake`: where the table ends
 * @param rewrite whether ranges may be taken out of the table
 * @throws {Failure} kind `usage`, when that would write rows twice, or lose some
 */
export function planReset(
  state: PartitionState,
  target: number | "lake",
  rewrite: boolean,
): PartitionPlan {
  const { partition, low, high, committed, position } = state;
  const end = position?.end ?? low;
  const wanted = target === "lake" ? end : Math.min(Math.max(target, low), high);
  const plan = { partition, committed, again: 0, skipped: 0 };
  if (position === undefined) return { ...plan, offset: wanted };
  // A rewrite that was interrupted, or done before, has left the end below `wanted`: it is to skip nothing.
  if (rewrite && wanted >= end) return { ...plan, offset: end };
  if (wanted >= end) return { ...plan, offset: wanted, skipped: wanted - end };
  if (!rewrite) throw wouldDouble(state, wanted);
  const start = beginning(state, wanted);
  // What begins below the topic's first message cannot be read again: it stays.
  if (start >= end) return { ...plan, offset: end };
  const rewind = { from: Math.min(position.from, start), end: start };
  return { ...plan, offset: start, rewind, again: end - start };
}

/**
 * Where ranges can be taken back so that `wanted` is read again: objects hold whole ranges, so where no
 * range crosses; at or above the topic's first message, since earlier offsets cannot be read again.
 */
function beginning({ low, position, ranges }: PartitionState, wanted: number): number {
  // Below the table's first range nothing is to be removed but all of it.
  if (wanted < position!.from) return wanted;
  const cuts = [...new Set(ranges.flatMap(({ first, end }) => [first, end]))]
    .filter((cut) => !ranges.some(({ first, end }) => first < cut && cut < end))
    .sort((a, b) => a - b);
  const holding = cuts.findLast((cut) => cut <= wanted) ?? wanted;
  if (holding >= low) return holding;
  return cuts.find((cut) => cut >= low) ?? position!.end;
}

function wouldDouble({ partition, position }: PartitionState, wanted: number): Failure {
  return new Failure(
    "usage",
    `partition ${partition}: the table has offsets up to ${position!.end - 1}, and would ` +
      `get those from ${wanted} on again`,
    {
      fix:
        "`--to lake` resumes where the table ends. To write them again, for instance with another " +
        "--schema, use --rewrite, which removes them from the table first; --dry-run shows what it would do.",
    },
  );
}
