import type { LakeStore } from "../lake/store.ts";
import { DAY_MS, isoDay } from "../schema/calendar.ts";
import { objectOffsets } from "../verify/object_offsets.ts";
import type { PlannedObject } from "./merge_plan.ts";

/** Options of {@linkcode closedRanges}. */
export interface ClosedOptions {
  store: LakeStore;
  /** The first day, `YYYY-MM-DD`, that is not closed. */
  today: string;
  signal: AbortSignal;
}

/**
 * Tells which objects belong to closed days in a table without days in its paths: those before the first object
 * whose first row is from today, found by binary search, since rows are in order of time.
 */
export async function closedRanges(
  objects: readonly PlannedObject[],
  { store, today, signal }: ClosedOptions,
): Promise<(objects: readonly PlannedObject[]) => boolean> {
  const ends = new Map<string, number>();
  const undated = objects.filter(({ parsed }) =>
    parsed.kind === "rows" && !parsed.partitions.some(([column]) => column === "dt")
  );
  for (const [partition, own] of Map.groupBy(undated, partitionOf)) {
    const sorted = own.toSorted((a, b) => a.parsed.first - b.parsed.first);
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { name } = sorted[middle];
      const { timestampMs } = await objectOffsets(
        sorted[middle],
        await store.get(name, { signal }),
      );
      const day = isoDay(Math.floor((timestampMs ?? 0) / DAY_MS));
      if (day < today) low = middle + 1;
      else high = middle;
    }
    // The last of them may also have rows from today.
    ends.set(partition, sorted[low - 1]?.parsed.first ?? 0);
  }
  return (some) =>
    some.every((object) => object.parsed.last < (ends.get(partitionOf(object)) ?? 0));
}

function partitionOf({ parsed: { topic, log = "", partition } }: PlannedObject): string {
  return [topic, log, partition].join("\n");
}
