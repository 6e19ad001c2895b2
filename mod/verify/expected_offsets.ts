import { BEGUN_AT_END, type CommittedOffset, type PartitionOffsets } from "../broker/broker.ts";
import { objectSpan } from "../lake/object_span.ts";
import { parseCheckpoint } from "../sink/intent.ts";
import type { TablePosition } from "../table/table.ts";
import type { Expected, NamedObject } from "./tiling.ts";

/** What is known of a partition of a log, besides its objects. */
export interface Known {
  /** What the group has committed; absent for a log that the topic no longer is. */
  committed: CommittedOffset | undefined;
  /** What the table has recorded; absent if it has nothing. */
  position: TablePosition | undefined;
}

/** What must be in the table of one partition, and how far the group is. */
export interface ExpectedOffsets extends Expected {
  committed: number;
}

/**
 * Which offsets must be in the table: from where the table begins, to where it or the group ends,
 * whichever is further. The group alone is not believed: its offsets expire, and people move them.
 * @param before what was known before the objects were listed
 * @param after and afterwards: a sink may continue meanwhile
 */
export function expectedOffsets(
  objects: readonly NamedObject[],
  low: PartitionOffsets["low"],
  before: Known,
  after: Known,
): ExpectedOffsets {
  const group = standing(before.committed);
  const { position } = before;
  const { first, last } = objectSpan(objects);
  const begin = Math.min(first, position?.from ?? Infinity, group?.from ?? Infinity);
  const from = begin === Infinity ? low : begin;
  // Neither the table nor the group says how far it is: the objects do.
  const end = position === undefined && group === undefined
    ? Math.max(from, last + 1)
    : Math.max(from, position?.end ?? 0, group?.end ?? 0);
  const tolerated = Math.max(
    end,
    after.position?.end ?? 0,
    standing(after.committed)?.written ?? 0,
  );
  return { from, end, tolerated, committed: group?.committed ?? from };
}

/**
 * The same from an offset on: from where the object begins that holds it, since objects are whole.
 * @param since absent for all
 */
export function expectedSince(
  expected: ExpectedOffsets,
  objects: readonly NamedObject[],
  since = 0,
): ExpectedOffsets {
  const holding = objects.filter(({ parsed: { first, last } }) => first < since && since <= last);
  const first = Math.min(since, objectSpan(holding).first);
  return { ...expected, from: Math.max(expected.from, Math.min(first, expected.end)) };
}

/** How far a group is with a partition, by what it has committed. */
export function standing(
  committed: CommittedOffset | undefined,
): { from: number; end: number; committed: number; written: number } | undefined {
  if (committed === undefined || committed.offset === null) return undefined;
  const { offset, metadata } = committed;
  // Nobody has written or skipped anything up to there.
  if (metadata === BEGUN_AT_END) return undefined;
  const checkpoint = parseCheckpoint(metadata);
  // Between `since` and the committed offset there was no message.
  const end = checkpoint?.since ?? offset;
  return {
    from: checkpoint?.from ?? end,
    end,
    committed: offset,
    written: checkpoint?.intent?.end ?? end,
  };
}
