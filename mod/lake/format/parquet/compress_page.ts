import type { CompressionCodec } from "hyparquet";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import type { Compression } from "../compression.ts";
import { compressSnappy } from "./snappy.ts";

/** Parquet's names of the compressions. */
export const CODECS: Readonly<Record<Compression, CompressionCodec>> = {
  snappy: "SNAPPY",
  zstd: "ZSTD",
  gzip: "GZIP",
  none: "UNCOMPRESSED",
};

/**
 * Zstandard's own default: on the shipped quotes a seventh smaller than level 1, in the same time.
 * Set explicitly, so that the bytes do not change with the default.
 */
const ZSTD_PARAMS = { [constants.ZSTD_c_compressionLevel]: 3 };

/** Level 1: the next levels take several times as long. */
const GZIP_LEVEL = 1;

/** Larger than the buffers that node:buffer allocates from a shared pool. */
const LEAST_CHUNK_BYTES = 16_384;

/**
 * Passes a page's compressed form to `take`. The bytes are only valid until that returns: then
 * their memory is released, as the garbage collector would let the pages of several flushes
 * accumulate.
 */
export function compressPage(
  bytes: Uint8Array,
  compression: Compression,
  take: (compressed: Uint8Array) => void,
): void {
  if (compression === "none") return take(bytes);
  if (compression === "snappy") return take(compressSnappy(bytes));
  // Room for the largest possible output: otherwise it comes in pieces and has to be concatenated.
  const chunkSize = Math.max(LEAST_CHUNK_BYTES, bytes.length + (bytes.length >>> 6) + 1024);
  const compressed = compression === "zstd"
    ? zstdCompressSync(bytes, { chunkSize, params: ZSTD_PARAMS })
    : gzipSync(bytes, { chunkSize, level: GZIP_LEVEL });
  // The tenth byte names the operating system: set to the same value everywhere (RFC 1952, 2.3.1).
  if (compression === "gzip") compressed[9] = 255;
  take(compressed);
  const memory = compressed.buffer as ArrayBuffer;
  if (memory.byteLength >= chunkSize) memory.transfer(0);
}
