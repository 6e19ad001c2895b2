import type { ColumnChunk } from "hyparquet";

/** A column's minimum or maximum, as hyparquet-writer takes it. */
export type Bound = NonNullable<NonNullable<ColumnChunk["meta_data"]>["statistics"]>["min_value"];

/** Minimum and maximum of a column; absent if it has none. */
export interface Bounds {
  min_value?: Bound;
  max_value?: Bound;
}

/** Minimum and maximum of the first `count` numbers; infinite if there are none. */
export function numberBounds(
  numbers: ArrayLike<number>,
  count: number,
): [min: number, max: number] {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < count; i++) {
    const number = numbers[i];
    if (number < min) min = number;
    if (number > max) max = number;
  }
  return [min, max];
}

/**
 * Maximum bytes of a string as a bound; for a longer one none is written, which readers take as
 * unknown.
 */
const MAX_BOUND_BYTES = 128;

/** Bounds of strings, given as byte ranges; Parquet orders strings by their bytes. */
export function stringBounds(
  bytes: Uint8Array,
  spans: ReadonlyArray<[start: number, end: number]>,
): Bounds {
  if (spans.length === 0) return {};
  let [min, max] = [spans[0], spans[0]];
  for (const span of spans) {
    if (compareBytes(bytes, span, min) < 0) min = span;
    if (compareBytes(bytes, span, max) > 0) max = span;
  }
  const bound = ([start, end]: [number, number]) =>
    end - start > MAX_BOUND_BYTES ? undefined : bytes.slice(start, end);
  return { min_value: bound(min), max_value: bound(max) };
}

function compareBytes(bytes: Uint8Array, a: [number, number], b: [number, number]): number {
  const length = Math.min(a[1] - a[0], b[1] - b[0]);
  for (let i = 0; i < length; i++) {
    const difference = bytes[a[0] + i] - bytes[b[0] + i];
    if (difference !== 0) return difference;
  }
  return (a[1] - a[0]) - (b[1] - b[0]);
}
