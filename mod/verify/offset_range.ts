/** Offsets `[first, last]` of a partition. */
export interface OffsetRange {
  first: number;
  /** Inclusive. */
  last: number;
}

/** Number of offsets in some ranges. */
export function countOffsets(ranges: readonly OffsetRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last + 1 - first, 0);
}

/** Adds an offset to ranges that are in order, next to the last one where it follows it. */
export function addOffset(ranges: OffsetRange[], offset: number): void {
  const latest = ranges.at(-1);
  if (latest !== undefined && latest.last + 1 === offset) latest.last = offset;
  else ranges.push({ first: offset, last: offset });
}

/** Ranges in order, less the offsets of other ones, which may be in any order and overlap. */
export function without(
  ranges: readonly OffsetRange[],
  others: readonly OffsetRange[],
): OffsetRange[] {
  const gone = merged(others);
  const rest: OffsetRange[] = [];
  let i = 0;
  for (const { first, last } of ranges) {
    let next = first;
    while (i < gone.length && gone[i].last < first) i++;
    for (let j = i; j < gone.length && gone[j].first <= last; j++) {
      if (gone[j].first > next) rest.push({ first: next, last: gone[j].first - 1 });
      next = Math.max(next, gone[j].last + 1);
    }
    if (next <= last) rest.push({ first: next, last });
  }
  return rest;
}

/** The same offsets in ranges that are in order and do not touch, but for those that are at most so far apart. */
export function merged(ranges: readonly OffsetRange[], apart = 0): OffsetRange[] {
  const joined: OffsetRange[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const latest = joined.at(-1);
    if (latest !== undefined && first <= latest.last + 1 + apart) {
      latest.last = Math.max(latest.last, last);
    } else joined.push({ first, last });
  }
  return joined;
}
