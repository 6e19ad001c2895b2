import { gzipPieces } from "./gzip_pieces.ts";
import { lz4Pieces } from "./lz4_frames.ts";
import { snappyPieces } from "./snappy_pieces.ts";
import { zstdPieces } from "./zstd_pieces.ts";

/**
 * Bytes up to which a batch is decompressed at once. A larger one is decompressed as it is read, so
 * that a small, hostile batch cannot exhaust memory. Producers' batches are far smaller.
 */
const MOST_AT_ONCE_BYTES = 8 * 2 ** 20;

/** Codecs by their number in a record batch's attributes. */
const CODECS: ReadonlyArray<Codec | undefined> = [
  undefined,
  { name: "gzip", pieces: gzipPieces },
  { name: "snappy", pieces: snappyPieces },
  { name: "lz4", pieces: lz4Pieces },
  { name: "zstd", pieces: zstdPieces },
];

interface Codec {
  name: string;
  /** Content of up to `mostBytes` in one piece, larger content in pieces of a few MiB at most. */
  pieces(bytes: Uint8Array, mostBytes: number): Generator<Uint8Array>;
}

/**
 * The decompressed records of a batch, in consecutive pieces. A piece is decompressed on demand and
 * belongs to the caller.
 * @param codec the number in the batch's attributes, 0 for none
 * @throws {Error} for an unknown codec, or bytes that it cannot have written
 */
export function* uncompressedPieces(codec: number, bytes: Uint8Array): Generator<Uint8Array> {
  if (codec === 0) {
    yield bytes;
    return;
  }
  const known = CODECS[codec];
  if (known === undefined) {
    throw new Error(`compressed with codec ${codec}, expected gzip, snappy, lz4 or zstd`);
  }
  try {
    yield* known.pieces(bytes, MOST_AT_ONCE_BYTES);
  } catch (cause) {
    throw new Error(`not valid ${known.name}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
