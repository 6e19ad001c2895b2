import type { Encoding } from "hyparquet";
import type { Bounds } from "./bounds.ts";
import { bitWidth, writeHybrid } from "./hybrid.ts";
import { Scratch } from "./scratch.ts";

const pageBytes = new Scratch((length) => new Uint8Array(length));

/** A column's encoded values, ready to be split into pages. */
export interface EncodedValues {
  encoding: Encoding;
  dictionary?: { bytes: Uint8Array; size: number };
  /** Bytes of the values `[begin, end)`; valid until the next call, of any column. */
  page(begin: number, end: number): Uint8Array;
  bounds: Bounds;
}

/** Values as indexes into a dictionary. */
export function dictionaryValues(
  dictionary: NonNullable<EncodedValues["dictionary"]>,
  indexes: Int32Array,
  bounds: Bounds,
): EncodedValues {
  // At least one bit: some readers refuse a width of 0.
  const width = Math.max(1, bitWidth(dictionary.size - 1));
  return {
    encoding: "RLE_DICTIONARY",
    dictionary,
    page(begin, end) {
      const packed = writeHybrid(indexes, begin, end, width);
      const bytes = pageBytes.take(1 + packed.length);
      bytes[0] = width;
      bytes.set(packed, 1);
      return bytes;
    },
    bounds,
  };
}
