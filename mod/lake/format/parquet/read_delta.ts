import { checkedMiniblock } from "./miniblock.ts";

/**
 * Reads DELTA_BINARY_PACKED as doubles. Source: parquet-format, Encodings.md, "Delta Encoding
 * (DELTA_BINARY_PACKED = 5)".
 * @returns whether all of them are exact as doubles
 * @throws {Error} when the number of values differs, or the blocks are impossible
 */
export function readDelta(bytes: Uint8Array, at: number, into: Float64Array): boolean {
  const cursor = new Cursor(bytes, at);
  const blockSize = cursor.varint();
  const miniblocks = cursor.varint();
  const count = cursor.varint();
  let value = cursor.zigzag();
  if (count !== into.length) throw new Error(`a page has ${count} of ${into.length} values`);
  if (count > 0) into[0] = value;
  const size = checkedMiniblock(blockSize, miniblocks);
  let exact = Number.isSafeInteger(value);
  for (let filled = 1; filled < count;) {
    if (cursor.at >= bytes.length) throw new Error("a page ends before its values");
    const min = cursor.zigzag();
    const widths = bytes.subarray(cursor.at, cursor.at + miniblocks);
    cursor.at += miniblocks;
    for (let m = 0; m < miniblocks && filled < count; m++) {
      const width = widths[m];
      if (width > 53) return false;
      const end = Math.min(count, filled + size);
      for (let bit = cursor.at * 8; filled < end; bit += width) {
        value += min + bitsAt(bytes, bit, width);
        exact &&= Number.isSafeInteger(value);
        into[filled++] = value;
      }
      cursor.at += width * size / 8;
    }
  }
  return exact;
}

/** An integer of `width` bits, at most 53, at a bit position. */
function bitsAt(bytes: Uint8Array, bit: number, width: number): number {
  let value = 0;
  let factor = 1;
  let at = Math.floor(bit / 8);
  let shift = bit % 8;
  for (let rest = width; rest > 0;) {
    const taken = Math.min(rest, 8 - shift);
    value += ((bytes[at] >>> shift) & ((1 << taken) - 1)) * factor;
    factor *= 1 << taken;
    rest -= taken;
    shift = 0;
    at++;
  }
  return value;
}

class Cursor {
  constructor(readonly bytes: Uint8Array, public at: number) {}

  varint(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * factor;
      if (!(byte & 0x80)) return value;
    }
  }

  /** Not a safe integer if it is inexact. */
  zigzag(): number {
    const value = this.varint();
    if (value > Number.MAX_SAFE_INTEGER) return NaN;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
