import { checkedMiniblock } from "./miniblock.ts";
import { readDelta } from "./read_delta.ts";

/** Maximum bytes of a page's values, each written in full. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Checks DELTA_BINARY_PACKED without reading the values. Source: parquet-format, Encodings.md,
 * "Delta Encoding (DELTA_BINARY_PACKED = 5)".
 * @param count number of values
 * @returns where it ends
 * @throws {Error} when their number differs, or the blocks are impossible
 */
export function walkDelta(bytes: Uint8Array, at: number, count: number): number {
  const [blockSize, miniblocks, found] = [varint(), varint(), varint()];
  varint();
  const size = checkedMiniblock(blockSize, miniblocks);
  if (found !== count) throw new Error(`a page has ${found} of ${count} values`);
  for (let seen = 1; seen < count;) {
    varint();
    const widths = bytes.subarray(at, at += miniblocks);
    for (let m = 0; m < miniblocks && seen < count; m++) {
      if (!(widths[m] <= 64)) throw new Error(`a page of numbers with ${widths[m]} bits`);
      at += size * widths[m] / 8;
      seen += size;
    }
    if (at > bytes.length) throw new Error("a page ends before its values");
  }
  return at;

  /** 64 bits take at most ten bytes; beyond 2^53 it may be inexact. */
  function varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      if (at >= bytes.length) throw new Error("a page ends before its values");
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Error("a page's number is damaged");
  }
}

/**
 * Checks the lengths of DELTA_BYTE_ARRAY: how much of each value is a prefix of the previous one, and how long
 * the rest is. Source: parquet-format, Encodings.md, "Delta Strings (DELTA_BYTE_ARRAY = 7)".
 * @throws {Error} when a prefix is longer than the previous value, or the values are too long in total
 */
export function deltaLengths(bytes: Uint8Array, count: number): void {
  const middle = walkDelta(bytes, 0, count);
  walkDelta(bytes, middle, count);
  const [prefixes, suffixes] = [new Float64Array(count), new Float64Array(count)];
  readDelta(bytes, 0, prefixes);
  readDelta(bytes, middle, suffixes);
  let [before, total] = [0, 0];
  for (let i = 0; i < count; i++) {
    if (!(prefixes[i] >= 0 && prefixes[i] <= before && suffixes[i] >= 0)) {
      throw new Error(`a value that shares ${prefixes[i]} bytes with one of ${before}`);
    }
    before = prefixes[i] + suffixes[i];
    if ((total += before) > MOST_BYTES) throw new Error(`a page with values of ${total} bytes`);
  }
}
