import type { Compressors } from "hyparquet";
import { snappyUncompressor } from "hysnappy";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/** Maximum growth of snappy: a copy of 64 bytes takes three. */
const MOST_SNAPPY_RATIO = 22;

/** Its buffer holds one page and its decompressed form, and is reused. */
let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/**
 * Decompresses the lake's pages. A page with more bytes than its header says is rejected before
 * they are allocated. Snappy too: hyparquet's own loops for a minute on a literal that claims 2
 * GiB.
 */
export const DECOMPRESSORS: Compressors = {
  SNAPPY(bytes, length) {
    if (length > bytes.length * MOST_SNAPPY_RATIO) {
      throw new Error("a snappy page cannot have as many bytes");
    }
    return (uncompress ??= snappyUncompressor())(bytes, length);
  },
  ZSTD: (bytes, length) => limited(zstdDecompressSync, bytes, length),
  GZIP: (bytes, length) => limited(gunzipSync, bytes, length),
};

/** node:zlib accepts no limit of 0; a page of a column without any value has no bytes. */
function limited(
  decompress: typeof gunzipSync | typeof zstdDecompressSync,
  bytes: Uint8Array,
  length: number,
): Uint8Array {
  return length === 0 ? new Uint8Array() : decompress(bytes, { maxOutputLength: length });
}
