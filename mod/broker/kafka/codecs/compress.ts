import { gzipSync, zstdCompressSync } from "node:zlib";
import { snappyCompressor } from "hysnappy";

/** Compressions of record batches. */
export type BatchCompression = "none" | "gzip" | "snappy" | "zstd";

/**
 * The beginning of snappy-java's stream, which the Java client expects: magic bytes, then two
 * versions.
 */
const XERIAL_HEADER = Uint8Array.of(
  ...[0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1],
);

/** Content bytes of one block; the Java client writes 32 KiB and reads any size. */
const XERIAL_BLOCK_BYTES = 64 * 1024;

const CODECS: Record<
  BatchCompression,
  { number: number; compress(bytes: Uint8Array): Uint8Array }
> = {
  none: { number: 0, compress: (bytes) => bytes },
  gzip: { number: 1, compress: (bytes) => gzipSync(bytes) },
  snappy: { number: 2, compress: compressSnappy },
  zstd: { number: 4, compress: (bytes) => zstdCompressSync(bytes) },
};

/** Compresses a batch's records; `codec` is the number in the batch's attributes. */
export function compressRecords(
  compression: BatchCompression,
  records: Uint8Array,
): { codec: number; bytes: Uint8Array } {
  const { number: codec, compress } = CODECS[compression];
  const bytes = compress(records);
  return bytes.length < records.length ? { codec, bytes } : { codec: 0, bytes: records };
}

let compressBlock: ReturnType<typeof snappyCompressor> | undefined;

function compressSnappy(bytes: Uint8Array): Uint8Array {
  compressBlock ??= snappyCompressor();
  const parts: Uint8Array[] = [XERIAL_HEADER];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = compressBlock(bytes.subarray(at, at + XERIAL_BLOCK_BYTES)).slice();
    const length = new Uint8Array(4);
    new DataView(length.buffer).setInt32(0, block.length);
    parts.push(length, block);
  }
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
