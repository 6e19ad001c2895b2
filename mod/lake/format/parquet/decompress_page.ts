import type { Compressors } from "hyparquet";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/**
 * Reads pages of all compressions that the lake has; snappy hyparquet has of its own. A page that has more
 * bytes than its header says is refused before they take memory.
 */
export const DECOMPRESSORS: Compressors = {
  ZSTD: (bytes, length) => zstdDecompressSync(bytes, { maxOutputLength: length }),
  GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: length }),
};
