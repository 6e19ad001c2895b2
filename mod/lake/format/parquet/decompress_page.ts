import type { Compressors } from "hyparquet";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/**
 * Reads pages of all compressions that the lake has; snappy hyparquet has of its own. A page that has more
 * bytes than its header says is refused before they take memory.
 */
export const DECOMPRESSORS: Compressors = {
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
