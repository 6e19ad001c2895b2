import type { TableMetadata } from "./metadata.ts";

/** A range of one partition: its first offset, and the first one after it. */
export interface CommittedRange {
  partition: number;
  first: number;
  end: number;
}

/** Ranges as a commit's snapshot names them, for {@linkcode committedRange} and for people. */
export function rangesSummary(log: string, ranges: readonly CommittedRange[]) {
  const text = ranges.map(({ partition, first, end }) => `${partition}:${first}-${end}`).join(" ");
  return { "ticklake.log": log, "ticklake.ends": text };
}

/**
 * The range whose commit brought an offset last; `undefined` where no snapshot says so any more.
 * @param log id of the log, see `logId`
 */
export function committedRange(
  { snapshots = [] }: TableMetadata,
  log: string,
  partition: number,
  offset: number,
): CommittedRange | undefined {
  for (
    const { summary } of snapshots.toSorted((a, b) => b["sequence-number"] - a["sequence-number"])
  ) {
    if (summary["ticklake.log"] !== log) continue;
    for (const text of summary["ticklake.ends"]?.split(" ") ?? []) {
      const [of, first, end] = text.split(/[:-]/).map(Number);
      if (of === partition && first <= offset && offset < end) return { partition, first, end };
    }
  }
  return undefined;
}
