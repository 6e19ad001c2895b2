import type { TableObject } from "./table_objects.ts";

/** The fields of an object that are used here. */
type Named = Pick<TableObject, "name" | "parsed">;

/**
 * The objects whose rows a merged object of the same folder has as well, by name, each with that merged
 * object: a merge puts its object first and then removes those that it was made of, so for a moment, or
 * until a merge that was interrupted is completed, both are there. What a replay of dead letters wrote is
 * never merged.
 */
export function supersededObjects<T extends Named>(objects: readonly T[]): Map<string, T> {
  const superseded = new Map<string, T>();
  const merged = Map.groupBy(objects.filter(({ parsed }) => parsed.merged), place);
  if (merged.size === 0) return superseded;
  for (const object of objects) {
    if (object.parsed.kind !== "rows" || object.parsed.replay !== undefined) continue;
    const by = merged.get(place(object))?.find((other) => isWithin(object, other));
    if (by !== undefined) superseded.set(object.name, by);
  }
  return superseded;
}

/** The objects that are not {@linkcode supersededObjects}: those that hold each row once. */
export function currentObjects<T extends Named>(objects: readonly T[]): T[] {
  const superseded = supersededObjects(objects);
  return superseded.size === 0 ? [...objects] : objects.filter(({ name }) => !superseded.has(name));
}

/** How many offsets the names of some objects cover, each counted once. */
export function coveredOffsets(objects: readonly Named[]): number {
  let covered = 0;
  const byPartition = Map.groupBy(
    objects,
    ({ parsed: { topic, log = "", partition } }) => [topic, log, partition].join("\n"),
  );
  for (const own of byPartition.values()) {
    let next = 0;
    for (const { parsed: { first, last } } of own.sort((a, b) => a.parsed.first - b.parsed.first)) {
      covered += Math.max(0, last + 1 - Math.max(first, next));
      next = Math.max(next, last + 1);
    }
  }
  return covered;
}

/** The folder, log and partition of an object. */
function place({ name, parsed: { topic, log = "", partition } }: Named): string {
  return [name.slice(0, name.lastIndexOf("/")), topic, log, partition].join("\n");
}

function isWithin({ name, parsed: part }: Named, { name: other, parsed: whole }: Named): boolean {
  if (name === other || part.first < whole.first || part.last > whole.last) return false;
  if (part.extension !== whole.extension) return false;
  return !part.merged || part.last - part.first < whole.last - whole.first;
}
