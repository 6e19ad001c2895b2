/**
 * Checks Parquet's hybrid of runs and bit packing without reading the values.
 * @param width bits of each number
 * @param count number of numbers
 * @throws {Error} when a run has more numbers than are left, or the bytes end too early
 */
export function walkHybrid(bytes: Uint8Array, at: number, width: number, count: number): void {
  if (!(width <= 32)) throw new Error(`a page of numbers with ${width} bits`);
  for (let seen = 0; seen < count;) {
    let header = 0;
    for (let scale = 1;; scale *= 128) {
      if (at >= bytes.length) throw new Error("a page ends before its values");
      const byte = bytes[at++];
      header += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      if (scale > 2 ** 28) throw new Error("a page's run is damaged");
    }
    const length = Math.floor(header / 2);
    const isPacked = header % 2 === 1;
    // Packed numbers come in groups of eight; the last may be padding.
    const left = isPacked ? Math.ceil((count - seen) / 8) : count - seen;
    if (length > left) throw new Error(`a run of ${length} where ${left} are left`);
    if (length === 0) continue;
    seen += isPacked ? length * 8 : length;
    at += isPacked ? length * width : Math.ceil(width / 8);
  }
}
