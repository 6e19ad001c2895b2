import { Failure } from "../failure/failure.ts";
import { currentObjects } from "../lake/merged_objects.ts";
import type { LakeStore } from "../lake/store.ts";
import type { TableObject } from "../lake/table_objects.ts";
import { objectOffsets } from "./object_offsets.ts";
import { addOffset, type OffsetRange, without } from "./offset_range.ts";

/** What was found of one partition, as far as it is used here. */
interface Damaged {
  partition: number;
  log: string;
  /** Objects that cannot be read, with the offsets that no other object is known to hold. */
  unreadable: Array<{ object: string; holes?: OffsetRange[] }>;
}

/**
 * Takes out of the holes of unreadable objects what the parts of a merge hold that are still there: those are
 * not read otherwise, since the merged object replaces them.
 * @param listed all objects, also those that merged ones replace
 */
export async function fillFromParts(
  { unreadable, partition, log }: Damaged,
  listed: readonly TableObject[],
  { store, signal }: { store: LakeStore; signal: AbortSignal },
): Promise<void> {
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
