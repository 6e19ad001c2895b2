import { gunzipSync, zstdDecompressSync } from "node:zlib";
import lz4 from "lz4js";
import snappy from "snappyjs";

/**
 * Most bytes that one record batch may become, so that a small, hostile batch cannot take all
 * memory. Brokers take batches of 1 MiB unless told otherwise.
 */
const MAX_UNCOMPRESSED_BYTES = 512 * 2 ** 20;

/** Codecs by their number in a record batch's attributes. */
const CODECS: ReadonlyArray<Codec | undefined> = [
  undefined,
  { name: "gzip", decompress: (bytes) => gunzipSync(bytes, LIMIT) },
  { name: "snappy", decompress: decompressSnappy },
  { name: "lz4", decompress: (bytes) => lz4.decompress(bytes) },
  { name: "zstd", decompress: (bytes) => zstdDecompressSync(bytes, LIMIT) },
];

const LIMIT = { maxOutputLength: MAX_UNCOMPRESSED_BYTES };

interface Codec {
  name: string;
  decompress(bytes: Uint8Array): Uint8Array;
}

/**
 * The records of a batch, as they were before compression.
 * @param codec the number in the batch's attributes, 0 for none
 * @throws {Error} an unknown codec, or bytes that are not what it writes
 */
export function decompress(codec: number, bytes: Uint8Array): Uint8Array {
  if (codec === 0) return bytes;
  const known = CODECS[codec];
  if (known === undefined) {
    throw new Error(`compressed with codec ${codec}, expected gzip, snappy, lz4 or zstd`);
  }
  try {
    const { buffer, byteOffset, byteLength } = known.decompress(bytes);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    throw new Error(`not valid ${known.name}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/** How snappy-java begins its stream: 0x82, "SNAPPY", 0. */
const XERIAL_MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];

/**
 * Snappy as Kafka clients write it: Java's and Python's in snappy-java's blocks (16 bytes of header,
 * then length and block), others as one raw block.
 */
function decompressSnappy(bytes: Uint8Array): Uint8Array {
  if (!XERIAL_MAGIC.every((byte, i) => bytes[i] === byte)) return uncompressBlock(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Uint8Array[] = [];
  let size = 0;
  for (let at = 16; at < bytes.length;) {
    const length = view.getInt32(at);
    if (length < 0 || at + 4 + length > bytes.length) throw new Error(`block at ${at} is cut off`);
    const block = uncompressBlock(bytes.subarray(at + 4, at + 4 + length));
    blocks.push(block);
    size += block.length;
    at += 4 + length;
  }
  if (blocks.length === 1) return blocks[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}

function uncompressBlock(bytes: Uint8Array): Uint8Array {
  return snappy.uncompress(bytes, MAX_UNCOMPRESSED_BYTES);
}
