import type { Compressors } from "hyparquet";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

/** Reads pages of all compressions that the lake has; snappy hyparquet has of its own. */
export const DECOMPRESSORS: Compressors = {
  ZSTD: (bytes) => zstdDecompressSync(bytes),
  GZIP: (bytes) => gunzipSync(bytes),
};
