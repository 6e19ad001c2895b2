import type { Compressors } from "hyparquet";
import { snappyUncompressor } from "hysnappy";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/** Bytes that snappy's can become at most: a copy of 64 bytes takes three. */
const MOST_SNAPPY_RATIO = 22;

/** Its memory holds one page and what it becomes, and is used again. */
let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/**
 * Reads pages of all compressions that the lake has. A page that has more bytes than its header says is refused
 * before they take memory. Snappy too: hyparquet's own goes back for a literal of 2 GiB, and on for a minute.
 */
export const DECOMPRESSORS: Compressors = {
  SNAPPY(bytes, length) {
    if (length > bytes.length * MOST_SNAPPY_RATIO) throw new Error("wrong about its length");
    return (uncompress ??= snappyUncompressor())(bytes, length);
  },
  ZSTD: (bytes, length) => limited(zstdDecompressSync, bytes, length),
  GZIP: (bytes, length) => limited(gunzipSync, bytes, length),
};

/** node:zlib takes no limit of 0; a page of a column without any value has no bytes. */
function limited(
  decompress: typeof gunzipSync | typeof zstdDecompressSync,
  bytes: Uint8Array,
  length: number,
): Uint8Array {
  return length === 0 ? new Uint8Array() : decompress(bytes, { maxOutputLength: length });
}
