/** Writes an unsigned LEB128 of up to 53 bits; returns where it ends. */
export function varint(bytes: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    bytes[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  bytes[at++] = value;
  return at;
}

/** Writes an integer up to 2^53 of either sign in zigzag; returns where it ends. */
export function zigzag(bytes: Uint8Array, at: number, value: number): number {
  if (Math.abs(value) < 2 ** 52) return varint(bytes, at, value < 0 ? -2 * value - 1 : 2 * value);
  let rest = BigInt.asUintN(64, BigInt(value) << 1n ^ BigInt(value) >> 63n);
  for (; rest >= 0x80n; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80;
  bytes[at++] = Number(rest);
  return at;
}
