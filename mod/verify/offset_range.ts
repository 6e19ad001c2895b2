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

/** Ranges in order, less the offsets of other ones. */
export function without(
  ranges: readonly OffsetRange[],
  others: readonly OffsetRange[],
): OffsetRange[] {
  return others.reduce<OffsetRange[]>(
    (rest, other) =>
      rest.flatMap(({ first, last }) => {
        if (other.last < first || other.first > last) return [{ first, last }];
        const before = { first, last: other.first - 1 };
        const after = { first: other.last + 1, last };
        return [before, after].filter(({ first, last }) => first <= last);
      }),
    [...ranges],
  );
}
