import type { EncodedValues } from "./encoded_values.ts";

/**
 * Integers, some of which are beyond 2^53, exactly and plain.
 * @param wide those, by row; `numbers` has the others
 */
export function encodeWideLongs(
  numbers: Float64Array,
  wide: ReadonlyMap<number, bigint>,
  count: number,
): EncodedValues {
  const longs = new BigInt64Array(count);
  let [min, max] = [2n ** 63n - 1n, -(2n ** 63n)];
  for (let i = 0; i < count; i++) {
    const long = longs[i] = wide.get(i) ?? BigInt(numbers[i]);
    if (long < min) min = long;
    if (long > max) max = long;
  }
  return {
    encoding: "PLAIN",
    // Parquet's and the machine's byte order are both little-endian on every platform Deno has.
    page: (begin, end) => new Uint8Array(longs.buffer, begin * 8, (end - begin) * 8),
    bounds: { min_value: min, max_value: max },
  };
}
