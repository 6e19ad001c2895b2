import type { GapReason } from "../table/table.ts";
import type { TableObject } from "../lake/table_objects.ts";
import type { OffsetRange } from "./offset_range.ts";

/** Reason of a gap that a repair has recorded. */
const LOST: GapReason = "lost";

/** The fields of an object that are used here. */
export type NamedObject = Pick<TableObject, "name" | "parsed">;

/** What the names of a partition's objects must cover. */
export interface Expected {
  /** First offset that the group was ever responsible for. */
  from: number;
  /** First offset that need not be there. */
  end: number;
  /** Up to here there may be more: the in-flight flush, and what was written meanwhile. */
  tolerated: number;
}

/** Objects of one range. */
export interface Flush extends OffsetRange {
  objects: NamedObject[];
}

/** What the names of one partition's objects say. */
export interface Tiling {
  /** Flushes of the group's range, in order. */
  flushes: Flush[];
  /** Offsets in no flush. */
  missing: OffsetRange[];
  /** Offsets in more than one flush, or twice in one. */
  duplicate: OffsetRange[];
  /** Flushes behind what is committed or begun. */
  beyond: OffsetRange[];
  /** Offsets that retention removed before they were read: they are recorded, not missing. */
  gaps: OffsetRange[];
}

/**
 * Checks by the names alone that the flushes of a partition tile what the group has committed: no hole,
 * no overlap, nothing behind.
 * @param objects those that no merged object supersedes
 */
export function checkTiling(objects: readonly NamedObject[], expected: Expected): Tiling {
  const tiling: Tiling = { flushes: [], missing: [], duplicate: [], beyond: [], gaps: [] };
  const { from, end, tolerated } = expected;
  let next = from;
  let merged: OffsetRange | undefined;
  let latest: OffsetRange | undefined;
  for (const flush of flushesOf(objects)) {
    const { first, last } = flush;
    if (merged !== undefined && last <= merged.last) {
      // Dead letters and replayed rows of the flushes that were merged, or folders that are still to be.
      tiling.flushes.push(flush);
      continue;
    }
    if (flush.objects.some(({ parsed }) => parsed.merged)) merged = flush;
    if (latest !== undefined && last <= latest.last && flush.objects.every(isLost)) {
      // A repair has recorded what an object of that flush may have held.
      tiling.gaps.push({ first, last });
      tiling.flushes.push(flush);
      continue;
    }
    // Objects from before the group's first offset are not its own.
    if (last < from) continue;
    if (first >= end) {
      if (last >= tolerated) tiling.beyond.push({ first, last });
      continue;
    }
    if (first > next) tiling.missing.push({ first: next, last: first - 1 });
    if (first < next) tiling.duplicate.push({ first, last: Math.min(next - 1, last) });
    else if (isDoubled(flush)) tiling.duplicate.push({ first, last });
    if (last >= end) tiling.beyond.push({ first: end, last });
    if (flush.objects.some(({ parsed }) => parsed.kind === "gap")) {
      tiling.gaps.push({ first, last });
    }
    tiling.flushes.push(flush);
    latest = flush;
    next = Math.max(next, last + 1);
  }
  if (next < end) tiling.missing.push({ first: next, last: end - 1 });
  return tiling;
}

function isLost({ parsed: { kind, partitions } }: NamedObject): boolean {
  return kind === "gap" && partitions.some(([, reason]) => reason === LOST);
}

/** Objects by range, in the order of the ranges. */
function flushesOf(objects: readonly NamedObject[]): Flush[] {
  const flushes = new Map<string, Flush>();
  for (const object of objects) {
    const { first, last } = object.parsed;
    const key = `${first}-${last}`;
    const flush = flushes.get(key);
    if (flush === undefined) flushes.set(key, { first, last, objects: [object] });
    else flush.objects.push(object);
  }
  return [...flushes.values()].sort((a, b) => a.first - b.first || b.last - a.last);
}

/**
 * Whether a flush was written in two ways: rows in two formats or by two partitionings, or rows of
 * what was recorded as a gap.
 */
function isDoubled({ objects }: Flush): boolean {
  const ways = new Set<string>();
  let gaps = 0;
  for (const { parsed } of objects) {
    if (parsed.kind === "gap") gaps++;
    else if (parsed.kind === "rows") {
      ways.add(`${parsed.extension} ${parsed.partitions.map(([column]) => column).join()}`);
    }
  }
  return ways.size > 1 || (gaps > 0 && objects.length > gaps);
}
