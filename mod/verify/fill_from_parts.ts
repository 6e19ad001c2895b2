import { Failure } from "../failure/failure.ts";
import { currentObjects } from "../lake/merged_objects.ts";
import type { TableObject } from "../lake/table_objects.ts";
import { objectOffsets } from "./object_offsets.ts";
import { addOffset, type OffsetRange, without } from "./offset_range.ts";
import type { PartitionVerdict, VerifyOptions } from "./verify.ts";

/**
 * Takes out of the holes of unreadable objects what the parts of a merge hold that are still there: those are
 * not read otherwise, since the merged object replaces them.
 * @param listed all objects, also those that merged ones replace
 */
export async function fillFromParts(
  verdict: PartitionVerdict,
  listed: readonly TableObject[],
  { store, signal }: Pick<VerifyOptions, "store" | "signal">,
): Promise<void> {
  const { unreadable, partition, log } = verdict;
  if (unreadable.length === 0) return;
  const own = listed.filter(({ parsed }) =>
    parsed.partition === partition && (parsed.log ?? "") === log
  );
  const damaged = new Set(unreadable.map(({ object }) => object));
  const current = new Set(currentObjects(own).map(({ name }) => name));
  const parts = currentObjects(own.filter(({ name }) => !damaged.has(name)))
    .filter(({ name }) => !current.has(name));
  const held: OffsetRange[] = [];
  for (const part of parts) {
    try {
      const { offsets } = await objectOffsets(part, await store.get(part.name, { signal }));
      for (const offset of offsets) addOffset(held, offset);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "rejected") throw error;
    }
  }
  for (const object of unreadable) object.holes = without(object.holes ?? [], held);
}
