/** 32-bit Murmur3 hash (x86, seed 0), as a signed integer. Source: Austin Appleby, MurmurHash3.cpp. */
export function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.length >> 2;
  let hash = 0;
  for (let i = 0; i < blocks; i++) {
    hash ^= mixed(view.getInt32(i * 4, true));
    hash = Math.imul(hash << 13 | hash >>> 19, 5) + 0xe6546b64 | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocks * 4; i--) tail = tail << 8 | bytes[i];
  if (bytes.length & 3) hash ^= mixed(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return hash ^ hash >>> 16;
}

function mixed(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul(product << 15 | product >>> 17, 0x1b873593);
}
