import { Scratch } from "./scratch.ts";
import { varint, zigzag } from "./varint.ts";

/**
 * Integers as differences, in Parquet's DELTA_BINARY_PACKED: for offsets, times, days. Source:
 * parquet-format, Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED = 5)".
 */

/** Values of a block and of a miniblock, as parquet-mr and Arrow write them. */
const BLOCK = 128;
const MINIBLOCK = 32;
const MINIBLOCKS = BLOCK / MINIBLOCK;

/** Widest range of values whose differences minus their minimum are exact as doubles. */
export const MAX_DELTA_SPAN = 2 ** 52;

/** Bits that an integer from 0 to 2^53 needs. */
function bitsOf(value: number): number {
  return value < 4_294_967_296
    ? 32 - Math.clz32(value)
    : 64 - Math.clz32(Math.floor(value / 4_294_967_296));
}

const written = new Scratch((length) => new Uint8Array(length));

/** Approximate bytes of a block besides its miniblocks: its minimum difference and its widths. */
const BLOCK_HEADER_BYTES = 6;

/** Approximate size of the values in bytes, without writing them. */
export function deltaSize(numbers: Float64Array, count: number): number {
  let size = 16;
  for (let block = 1; block < count; block += BLOCK) {
    const end = Math.min(block + BLOCK, count);
    const min = leastDifference(numbers, block, end);
    size += BLOCK_HEADER_BYTES;
    for (let begin = block; begin < end; begin += MINIBLOCK) {
      size += MINIBLOCK / 8 * widthOf(numbers, begin, Math.min(begin + MINIBLOCK, end), min);
    }
  }
  return size;
}

/** The values `[begin, end)`, whose range is below {@linkcode MAX_DELTA_SPAN}; valid until the next call. */
export function deltaBinaryPacked(numbers: Float64Array, begin: number, end: number): Uint8Array {
  const count = end - begin;
  const blocks = Math.ceil(count / BLOCK);
  const bytes = written.take(40 + blocks * (10 + MINIBLOCKS + BLOCK * 53 / 8));
  bytes.fill(0);
  let at = varint(bytes, 0, BLOCK);
  at = varint(bytes, at, MINIBLOCKS);
  at = varint(bytes, at, count);
  at = zigzag(bytes, at, count === 0 ? 0 : numbers[begin]);
  for (let block = begin + 1; block < end; block += BLOCK) {
    const blockEnd = Math.min(block + BLOCK, end);
    const min = leastDifference(numbers, block, blockEnd);
    at = zigzag(bytes, at, min);
    const widths = at;
    at += MINIBLOCKS;
    for (let m = 0; m < MINIBLOCKS; m++) {
      const from = block + m * MINIBLOCK;
      // Miniblocks without values have a width, but no bytes.
      if (from >= blockEnd) break;
      const to = Math.min(from + MINIBLOCK, blockEnd);
      const width = widthOf(numbers, from, to, min);
      bytes[widths + m] = width;
      if (width > 0) packDifferences(bytes, at, numbers, from, to, min, width);
      at += width * MINIBLOCK / 8;
    }
  }
  return bytes.subarray(0, at);
}

function leastDifference(numbers: Float64Array, begin: number, end: number): number {
  let min = Infinity;
  for (let i = begin; i < end; i++) {
    const difference = numbers[i] - numbers[i - 1];
    if (difference < min) min = difference;
  }
  return min;
}

function widthOf(numbers: Float64Array, begin: number, end: number, min: number): number {
  let max = 0;
  for (let i = begin; i < end; i++) {
    const difference = numbers[i] - numbers[i - 1];
    if (difference > max + min) max = difference - min;
  }
  return bitsOf(max);
}

function packDifferences(
  bytes: Uint8Array,
  at: number,
  numbers: Float64Array,
  begin: number,
  end: number,
  min: number,
  width: number,
): void {
  let bits = 0;
  let held = 0;
  for (let i = begin; i < end; i++) {
    let value = numbers[i] - numbers[i - 1] - min;
    // Fewer than 8 bits are held, so up to 24 more fit.
    for (let rest = width; rest > 0; rest -= 24) {
      const high = Math.floor(value / 0x1000000);
      bits |= (value - high * 0x1000000) << held;
      held += Math.min(rest, 24);
      value = high;
      while (held >= 8) {
        bytes[at++] = bits;
        bits >>>= 8;
        held -= 8;
      }
    }
  }
  if (held > 0) bytes[at] = bits;
}
