import type { Snapshot, TableMetadata } from "./metadata.ts";
import { positionsOf } from "./position.ts";

/** A range of one partition: its first offset, and the first one after it. */
export interface CommittedRange {
  partition: number;
  first: number;
  end: number;
}

/** Ranges as a commit's snapshot names them, for {@linkcode overtakenIn} and for people. */
export function rangesSummary(log: string, ranges: readonly CommittedRange[]) {
  const text = ranges.map(({ partition, first, end }) => `${partition}:${first}-${end}`).join(" ");
  return { "ticklake.log": log, "ticklake.ends": text };
}

/**
 * Tells of ranges whether their offsets were committed in ranges of other bounds, by another group: in the table
 * are those, and nothing of theirs will be. `false` where no snapshot says so any more.
 * @param log id of the log, see `logId`
 */
export function overtakenIn(
  metadata: TableMetadata,
  log: string,
): (range: CommittedRange) => boolean {
  const positions = positionsOf(metadata, log);
  const committed = committedRanges(metadata, log);
  return ({ partition, first, end }) => {
    const taken = committed.get(partition)?.find((one) => one.first <= first && first < one.end);
    if (taken === undefined || taken.first === first && taken.end === end) return false;
    // One that ends behind the position is from before a rewind.
    return taken.end <= (positions.get(partition)?.end ?? 0);
  };
}

/** The ranges that snapshots name, by partition, those of the newest snapshot first. */
function committedRanges(
  metadata: TableMetadata,
  log: string,
): Map<number, CommittedRange[]> {
  const ranges = snapshotsOfLog(metadata, log)
    .flatMap(({ summary }) => summary["ticklake.ends"]?.split(" ") ?? [])
    .map((text) => {
      const [partition, first, end] = text.split(/[:-]/).map(Number);
      return { partition, first, end };
    });
  return Map.groupBy(ranges, ({ partition }) => partition);
}

/** The snapshots that this program has made for a log, the newest first. @param log see `logId` */
export function snapshotsOfLog({ snapshots = [] }: TableMetadata, log: string): Snapshot[] {
  return snapshots
    .filter(({ summary }) => summary["ticklake.log"] === log)
    .toSorted((a, b) => b["sequence-number"] - a["sequence-number"]);
}
