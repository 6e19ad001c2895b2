import type { ObjectName } from "./layout.ts";

/**
 * First and last offset of some objects, in any order. A partition may have more objects than a call takes
 * arguments, so `Math.min(...)` will not do.
 * @returns for no objects `first` is `Infinity` and `last` is -1
 */
export function objectSpan(
  objects: ReadonlyArray<{ parsed: Pick<ObjectName, "first" | "last"> }>,
): { first: number; last: number } {
  const span = { first: Infinity, last: -1 };
  for (const { parsed: { first, last } } of objects) {
    span.first = Math.min(span.first, first);
    span.last = Math.max(span.last, last);
  }
  return span;
}
