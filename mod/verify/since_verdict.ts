import { expectedSince } from "./expected_offsets.ts";
import { countOffsets, type OffsetRange } from "./offset_range.ts";
import type { NamedObject } from "./tiling.ts";
import type { PartitionVerdict } from "./verify.ts";

/**
 * A verdict about the offsets from `since` on: from where the object begins that holds it, since objects
 * are whole.
 * @param objects of the verdict's partition and log
 */
export function sinceVerdict(
  verdict: PartitionVerdict,
  objects: readonly NamedObject[],
  since: number,
): PartitionVerdict {
  const end = verdict.from + verdict.expected;
  const { from } = expectedSince({ ...verdict, end, tolerated: end }, objects, since);
  const later = (ranges: readonly OffsetRange[]) =>
    ranges.filter(({ last }) => last >= from)
      .map(({ first, last }) => ({ first: Math.max(first, from), last }));
  const missing = later(verdict.missing);
  const unproven = later(verdict.unproven);
  const deleted = later(verdict.deleted);
  return {
    ...verdict,
    from,
    expected: end - from,
    found: end - from - countOffsets([...missing, ...unproven, ...deleted]),
    missing,
    unproven,
    deleted,
    duplicate: later(verdict.duplicate),
    beyond: later(verdict.beyond),
    foreign: later(verdict.foreign),
    gaps: later(verdict.gaps),
    unreadable: verdict.unreadable.filter(({ last }) => last >= from),
  };
}
