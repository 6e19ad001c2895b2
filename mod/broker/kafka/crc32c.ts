/** Remainders of each byte value followed by 0 to 15 zero bytes, 256 of each. */
const TABLE = remainders();

/**
 * CRC-32C (Castagnoli) of `bytes[start, end)`, the checksum of a Kafka record batch; sixteen bytes a
 * step ("slicing by 16"), about 1.3 GB/s where a byte a step gives 0.35.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  const table = TABLE;
  let crc = -1;
  let i = start;
  for (const stop = end - 15; i < stop; i += 16) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc = table[3840 + (crc & 255)] ^ table[3584 + ((crc >>> 8) & 255)] ^
      table[3328 + ((crc >>> 16) & 255)] ^ table[3072 + (crc >>> 24)] ^
      table[2816 + bytes[i + 4]] ^ table[2560 + bytes[i + 5]] ^
      table[2304 + bytes[i + 6]] ^ table[2048 + bytes[i + 7]] ^
      table[1792 + bytes[i + 8]] ^ table[1536 + bytes[i + 9]] ^
      table[1280 + bytes[i + 10]] ^ table[1024 + bytes[i + 11]] ^
      table[768 + bytes[i + 12]] ^ table[512 + bytes[i + 13]] ^
      table[256 + bytes[i + 14]] ^ table[bytes[i + 15]];
  }
  for (; i < end; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function remainders(): Int32Array {
  const table = new Int32Array(16 * 256);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    table[value] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256];
    table[i] = table[before & 255] ^ (before >>> 8);
  }
  return table;
}
