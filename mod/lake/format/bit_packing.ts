/** Bits that a number from 0 to `max` needs. */
export function bitWidth(max: number): number {
  return max === 0 ? 0 : 32 - Math.clz32(max);
}

/**
 * Numbers in Parquet's hybrid of runs and bit packing: one run where all are the same, else one
 * bit-packed stretch.
 * Source: parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
 * @param width bits of each number, 0 to 32
 */
export function writeBitPacked(
  numbers: Int32Array,
  begin: number,
  end: number,
  width: number,
): Uint8Array {
  const count = end - begin;
  if (count === 0) return new Uint8Array();
  if (isRun(numbers, begin, end)) return writeRun(numbers[begin], count, width);
  const groups = Math.ceil(count / 8);
  const header = varint(groups * 2 + 1);
  const bytes = new Uint8Array(header.length + groups * width);
  bytes.set(header);
  let at = header.length;
  let bits = 0;
  let held = 0;
  for (let i = begin; i < end; i++) {
    // Fewer than 8 bits are held here, so up to 24 more fit; wider numbers go in two parts.
    const low = Math.min(width, 24);
    bits |= (numbers[i] & ((1 << low) - 1)) << held;
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
  return bytes;
}

function isRun(numbers: Int32Array, begin: number, end: number): boolean {
  for (let i = begin + 1; i < end; i++) {
    if (numbers[i] !== numbers[begin]) return false;
  }
  return true;
}

function writeRun(value: number, count: number, width: number): Uint8Array {
  const header = varint(count * 2);
  const valueBytes = Math.ceil(width / 8);
  const bytes = new Uint8Array(header.length + valueBytes);
  bytes.set(header);
  for (let i = 0; i < valueBytes; i++) bytes[header.length + i] = value >>> (8 * i);
  return bytes;
}

/** Unsigned LEB128. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  while (value >= 0x80) {
    bytes.push((value & 0x7f) | 0x80);
    value >>>= 7;
  }
  bytes.push(value);
  return bytes;
}
