/** The whole number of a decimal: two's complement, the highest byte first; 0 without bytes. */
export function unscaled(bytes: Uint8Array = new Uint8Array()): bigint {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, number);
}
