import type { ObjectName } from "./layout.ts";

/** An object's generation, see `FlushRange`. */
export function generationOf({ generation = 0 }: Pick<ObjectName, "generation">): number {
  return generation;
}

/** The newest generation of some objects; 0 for none. */
export function newestGeneration(
  objects: ReadonlyArray<{ parsed: Pick<ObjectName, "generation"> }>,
): number {
  return objects.reduce((newest, { parsed }) => Math.max(newest, generationOf(parsed)), 0);
}
