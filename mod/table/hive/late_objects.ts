import { generationOf } from "../../lake/object_generation.ts";
import type { TableObject } from "../../lake/table_objects.ts";

/** The fields of an object that are used here. */
type Named = Pick<TableObject, "name" | "parsed">;

/**
 * Objects of one partition that are in the table's folders and not in the table: a former owner has put them
 * after their range was removed and written again, in a later generation. An object of an earlier generation
 * is one where later ones that were taken cover its range, or where it reaches beyond the table's end. So
 * whatever generations say, nothing is removed below the end that no other object covers.
 * @param generation of the objects that are written now
 * @param end first offset that is not in the table
 */
export function lateObjects<T extends Named>(
  objects: readonly T[],
  { generation, end }: { generation: number; end: number },
): T[] {
  const candidates = objects.filter(({ parsed }) =>
    generationOf(parsed) < generation && !parsed.merged
  );
  const taken = objects.filter((object) => object.parsed.last < end && isWhole(object));
  const byGeneration = Map.groupBy(candidates, ({ parsed }) => generationOf(parsed));
  return [...byGeneration].flatMap(([former, own]) => {
    const covered = stretches(
      taken.map(({ parsed }) => parsed).filter((parsed) => generationOf(parsed) > former),
    );
    return own.filter(({ parsed: { first, last } }) =>
      last >= end || covered.some((stretch) => stretch.first <= first && last <= stretch.last)
    );
  });
}

/** Ranges that follow or overlap each other, as one. */
function stretches(ranges: Array<{ first: number; last: number }>): typeof ranges {
  const joined: typeof ranges = [];
  for (const { first, last } of ranges.sort((a, b) => a.first - b.first)) {
    const before = joined.at(-1);
    if (before === undefined || first > before.last + 1) joined.push({ first, last });
    else before.last = Math.max(before.last, last);
  }
  return joined;
}

/**
 * Whether a range has each of its offsets in such objects: not so in what is written beside others, nor in
 * merged rows, beside which the dead letters of their range stay in objects of the former generations.
 */
function isWhole({ parsed: { kind, partitions, replay, merged } }: Named): boolean {
  const isLost = kind === "gap" && partitions.some(([, reason]) => reason === "lost");
  return replay === undefined && !merged && !isLost;
}
