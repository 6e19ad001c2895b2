/**
 * Reads Parquet's hybrid of runs and bit packing.
 * Source: parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
 * @param width bits of each number, 0 to 32
 */
export function readHybrid(
  bytes: Uint8Array,
  at: number,
  width: number,
  into: Int32Array,
): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  const count = into.length;
  let filled = 0;
  while (filled < count) {
    if (at >= bytes.length) throw new Error("a page ends before its values");
    let header = 0;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[at++];
      header |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) break;
    }
    if ((header & 1) === 0) {
      let value = 0;
      for (let b = 0; b < width; b += 8) value |= bytes[at++] << b;
      const end = Math.min(count, filled + (header >>> 1));
      into.fill(value, filled, end);
      filled = end;
    } else {
      const groups = header >>> 1;
      const end = Math.min(count, filled + groups * 8);
      for (let bit = 0; filled < end; bit += width) {
        const byte = at + (bit >>> 3);
        const shift = bit & 7;
        let value = (bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16) |
          (bytes[byte + 3] << 24)) >>> shift;
        if (shift > 0) value |= bytes[byte + 4] << (32 - shift);
        into[filled++] = value & mask;
      }
      at += groups * width;
    }
  }
}
