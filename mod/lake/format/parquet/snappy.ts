/**
 * Compresses with snappy into one reused array. The bytes are those of hyparquet-writer's
 * compressor, which takes more than twice the time: it creates two views for each literal, and for
 * each page a buffer that grows from nothing and becomes garbage. Source: google/snappy,
 * format_description.txt and snappy.cc (CompressFragment); the search covers the whole input, as
 * copies reach 64 KiB back.
 */

/** Minimum number of bytes after a position at which a copy is looked for. */
const INPUT_MARGIN = 15;
const MAX_HASH_BITS = 14;
const MAX_OFFSET = 0xffff;
/** Longest literal whose bytes are copied one by one: a call costs more. */
const SHORT_LITERAL = 48;

const table = new Int32Array(1 << MAX_HASH_BITS);
let output = new Uint8Array(1 << 16);
let used = 0;

/** The compressed form of the bytes. A view: valid until the next call. */
export function compressSnappy(input: Uint8Array): Uint8Array {
  const { length } = input;
  // Enough, according to snappy's MaxCompressedLength.
  const most = 32 + length + Math.floor(length / 6);
  if (output.length < most) output = new Uint8Array(most);
  used = 0;
  let rest = length;
  while (rest >= 0x80) {
    output[used++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  output[used++] = rest;
  const emitted = length < INPUT_MARGIN ? 0 : compressCopies(input);
  if (emitted < length) emitLiteral(input, emitted, length);
  return output.subarray(0, used);
}

/** Writes literals and copies; returns where the last literal begins, which is not written. */
function compressCopies(input: Uint8Array): number {
  const { length } = input;
  const bits = Math.min(31 - Math.clz32(length), MAX_HASH_BITS);
  const shift = 32 - bits;
  table.fill(0, 0, 1 << bits);
  const limit = length - INPUT_MARGIN;
  let emitted = 0;
  let at = 1;
  let nextHash = hash(input, at, shift);
  for (;;) {
    // The longer no match is found, the larger the steps.
    let skip = 32;
    let next = at;
    let candidate: number;
    do {
      at = next;
      const found = nextHash;
      next = at + (skip++ >>> 5);
      if (at > limit) return emitted;
      nextHash = hash(input, next, shift);
      candidate = table[found];
      table[found] = at;
    } while (at - candidate > MAX_OFFSET || !equalFour(input, at, candidate));
    emitLiteral(input, emitted, at);
    do {
      const begin = at;
      let same = candidate + 4;
      at += 4;
      while (at < length && input[at] === input[same]) {
        at++;
        same++;
      }
      emitCopy(begin - candidate, at - begin);
      emitted = at;
      if (at >= limit) return emitted;
      table[hash(input, at - 1, shift)] = at - 1;
      const here = hash(input, at, shift);
      candidate = table[here];
      table[here] = at;
    } while (at - candidate <= MAX_OFFSET && equalFour(input, at, candidate));
    at++;
    nextHash = hash(input, at, shift);
  }
}

function hash(input: Uint8Array, at: number, shift: number): number {
  const four = input[at] | (input[at + 1] << 8) | (input[at + 2] << 16) | (input[at + 3] << 24);
  return Math.imul(four, 0x1e35a7bd) >>> shift;
}

function equalFour(input: Uint8Array, a: number, b: number): boolean {
  return input[a] === input[b] && input[a + 1] === input[b + 1] &&
    input[a + 2] === input[b + 2] && input[a + 3] === input[b + 3];
}

function emitLiteral(input: Uint8Array, begin: number, end: number): void {
  const length = end - begin;
  const value = length - 1;
  if (length <= 60) {
    output[used++] = value << 2;
  } else {
    const bytes = value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1000000 ? 3 : 4;
    output[used++] = (59 + bytes) << 2;
    for (let i = 0; i < bytes; i++) output[used++] = value >>> (8 * i);
  }
  if (length <= SHORT_LITERAL) {
    for (let i = begin; i < end; i++) output[used++] = input[i];
  } else {
    output.set(input.subarray(begin, end), used);
    used += length;
  }
}

function emitCopy(offset: number, length: number): void {
  for (; length >= 68; length -= 64) emitShortCopy(offset, 64);
  if (length > 64) {
    emitShortCopy(offset, 60);
    length -= 60;
  }
  emitShortCopy(offset, length);
}

/** A copy of 4 to 64 bytes. */
function emitShortCopy(offset: number, length: number): void {
  if (length < 12 && offset < 2048) {
    output[used++] = 1 | ((length - 4) << 2) | ((offset >>> 8) << 5);
    output[used++] = offset;
  } else {
    output[used++] = 2 | ((length - 1) << 2);
    output[used++] = offset;
    output[used++] = offset >>> 8;
  }
}
