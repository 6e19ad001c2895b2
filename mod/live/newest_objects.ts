import type { TableObject } from "../lake/table_objects.ts";

/**
 * Objects from the newest to the oldest: by their days, then by their rank within their partition,
 * so that a partition with few messages has its newest objects as far ahead as one with many.
 */
export function newestObjects(objects: readonly TableObject[]): TableObject[] {
  const day = ({ parsed }: TableObject) =>
    parsed.partitions.find(([column]) => column === "dt")?.[1] ?? "";
  const ranked = objects
    .map((object) => ({ object, day: day(object), rank: 0 }))
    .sort((a, b) =>
      compare(b.day, a.day) || compare(b.object.parsed.last, a.object.parsed.last) ||
      compare(a.object.name, b.object.name)
    );
  const ranks = new Map<string, number>();
  for (const entry of ranked) {
    const place = `${entry.day} ${entry.object.parsed.partition}`;
    entry.rank = ranks.get(place) ?? 0;
    ranks.set(place, entry.rank + 1);
  }
  // The sort keeps the order of equals: of the same rank, the higher offset is first.
  return ranked.sort((a, b) => compare(b.day, a.day) || a.rank - b.rank)
    .map(({ object }) => object);
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
