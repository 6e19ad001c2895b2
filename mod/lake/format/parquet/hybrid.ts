import { Scratch } from "./scratch.ts";
import { varint } from "./varint.ts";

const written = new Scratch((length) => new Uint8Array(length));

/** Bits that a number from 0 to `max` needs. */
export function bitWidth(max: number): number {
  return max === 0 ? 0 : 32 - Math.clz32(max);
}

/** Bits that a run must save to make up for its own header and that of the stretch after it. */
const RUN_COST_BITS = 64;

/**
 * Numbers in Parquet's hybrid of runs and bit packing.
 * Source: parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
 * @param width bits of each number, 0 to 32
 * @returns valid until the next call
 */
export function writeHybrid(
  numbers: Int32Array,
  begin: number,
  end: number,
  width: number,
): Uint8Array {
  const leastRun = Math.max(8, Math.ceil(RUN_COST_BITS / Math.max(width, 1)));
  // Packed stretches and runs alternate; each has at most 5 bytes of header, and a run has 4 for
  // its value.
  const bytes = written.take(Math.ceil((end - begin + 8) / 8) * width + 32 + (end - begin));
  let at = 0;
  let packedFrom = begin;
  for (let i = begin; i < end;) {
    const value = numbers[i];
    let next = i + 1;
    while (next < end && numbers[next] === value) next++;
    // A packed stretch consists of whole groups of eight: the run supplies the missing values.
    const given = (packedFrom - i) & 7;
    const run = next - i - given;
    if (run >= leastRun || (run > 0 && packedFrom === begin && i === begin && next === end)) {
      at = writePacked(bytes, at, numbers, packedFrom, i + given, width);
      at = varint(bytes, at, run * 2);
      for (let b = 0; b < width; b += 8) bytes[at++] = value >>> b;
      packedFrom = next;
    }
    i = next;
  }
  at = writePacked(bytes, at, numbers, packedFrom, end, width);
  return bytes.subarray(0, at);
}

function writePacked(
  bytes: Uint8Array,
  at: number,
  numbers: Int32Array,
  begin: number,
  end: number,
  width: number,
): number {
  if (begin === end) return at;
  const groups = Math.ceil((end - begin) / 8);
  at = varint(bytes, at, groups * 2 + 1);
  const after = at + groups * width;
  // The last group may not be full.
  bytes.fill(0, after - width, after);
  let bits = 0;
  let held = 0;
  // Fewer than 8 bits are held, so up to 24 more fit; wider numbers go in two parts.
  const low = Math.min(width, 24);
  const mask = (1 << low) - 1;
  for (let i = begin; i < end; i++) {
    bits |= (numbers[i] & mask) << held;
    held += low;
    while (held >= 8) {
      bytes[at++] = bits;
      bits >>>= 8;
      held -= 8;
    }
    if (width > 24) {
      bits |= (numbers[i] >>> 24) << held;
      held += width - 24;
      while (held >= 8) {
        bytes[at++] = bits;
        bits >>>= 8;
        held -= 8;
      }
    }
  }
  if (held > 0) bytes[at] = bits;
  return after;
}
