/*
 * LZ4 blocks. Own code, because no library on npm can be told how much it may allocate: lz4js takes
 * two block sizes of the frame's descriptor (8 MiB) for every batch, checks no bounds, and fails for
 * frames with block checksums.
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */

const SHORTEST_MATCH = 4;

/** What {@linkcode decompressLz4Block} returns if the content does not fit. */
export const NO_ROOM = -1;

/**
 * Length of a block's content, computed without writing it.
 * @throws {RangeError} if the block ends in the middle of a sequence
 */
export function lz4BlockLength(block: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < block.length;) {
    const token = block[at++];
    let literals = token >> 4;
    if (literals === 15) {
      let more;
      do literals += more = block[at++]; while (more === 255);
    }
    at += literals;
    length += literals;
    // The last sequence has no match.
    if (at === block.length) break;
    at += 2;
    let match = token & 15;
    if (match === 15) {
      let more;
      do match += more = block[at++]; while (more === 255);
    }
    length += match + SHORTEST_MATCH;
    // NaN if the lengths continued beyond the end.
    if (!(at <= block.length)) throw new RangeError("cut off");
  }
  return length;
}

/**
 * Writes a block's content to `out` from `at` on; matches may reach back to the beginning of `out`.
 * @returns where it ends, or {@linkcode NO_ROOM}
 * @throws {RangeError} the block is damaged
 */
export function decompressLz4Block(block: Uint8Array, out: Uint8Array, at: number): number {
  let from = 0;
  while (from < block.length) {
    const token = block[from++];
    let literals = token >> 4;
    if (literals === 15) {
      let more;
      do literals += more = block[from++]; while (more === 255);
    }
    if (!(from + literals <= block.length)) throw new RangeError("cut off in literals");
    if (at + literals > out.length) return NO_ROOM;
    if (literals > 32) {
      out.set(block.subarray(from, from + literals), at);
      from += literals;
      at += literals;
    } else {
      for (const end = from + literals; from < end;) out[at++] = block[from++];
    }
    if (from === block.length) break;
    const distance = block[from] | (block[from + 1] << 8);
    from += 2;
    let match = token & 15;
    if (match === 15) {
      let more;
      do match += more = block[from++]; while (more === 255);
    }
    match += SHORTEST_MATCH;
    if (!(from <= block.length) || distance === 0 || distance > at) {
      throw new RangeError("a match points outside the data");
    }
    if (at + match > out.length) return NO_ROOM;
    if (match > 32 && distance >= match) {
      out.copyWithin(at, at - distance, at - distance + match);
      at += match;
    } else if (match > 64 && distance === 1) {
      out.fill(out[at - 1], at, at + match);
      at += match;
    } else {
      for (const end = at + match; at < end; at++) out[at] = out[at - distance];
    }
  }
  return at;
}
