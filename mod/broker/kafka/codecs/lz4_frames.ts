import { decompressLz4Block, lz4BlockLength, NO_ROOM } from "./lz4_block.ts";

/*
 * LZ4 frames. Checksums are not verified: the record batch has its own. Source:
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */

const MAGIC = 0x184d2204;
const SKIPPABLE = 0x184d2a50;

/** Flags of a frame's descriptor. */
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const DICTIONARY = 0x01;

/** This bit marks the length of an uncompressed block. */
const NOT_COMPRESSED = 0x8000_0000;

/** Maximum distance of a match. */
const WINDOW_BYTES = 64 * 1024;

/** Content bytes of the largest block that a frame may have. */
const MOST_BLOCK_BYTES = 4 * 2 ** 20;

/**
 * Bytes of one piece of content that is decompressed piece by piece; a single block may be larger.
 */
const PIECE_BYTES = 2 ** 20;

/**
 * Buffer in which batches are decompressed, one after the other; the result is copied at its actual
 * length.
 */
let scratch = new Uint8Array(256 * 1024);

interface Block {
  bytes: Uint8Array;
  isCompressed: boolean;
}

/**
 * The content of consecutive frames: one piece if it is not longer than `mostBytes`, otherwise
 * pieces of about a MiB. Bytes after the last frame are ignored, as in the Java client.
 * @throws {Error} if the data before them is not a frame, or damaged
 */
export function* lz4Pieces(bytes: Uint8Array, mostBytes: number): Generator<Uint8Array> {
  const whole = decompressWhole(bytes, mostBytes);
  if (whole === null) yield* decompressPieces(bytes);
  else yield whole;
}

/** `null` if it is longer than `mostBytes`. */
function decompressWhole(bytes: Uint8Array, mostBytes: number): Uint8Array | null {
  let length = 0;
  for (const { bytes: block, isCompressed } of blocks(bytes)) {
    while (true) {
      const end = isCompressed
        ? decompressLz4Block(block, scratch, length)
        : copyTo(scratch, block, length);
      if (end !== NO_ROOM) {
        length = end;
        break;
      }
      if (scratch.length >= mostBytes) return null;
      const grown = new Uint8Array(Math.min(2 * scratch.length, mostBytes));
      grown.set(scratch.subarray(0, length));
      scratch = grown;
    }
  }
  return scratch.slice(0, length);
}

function copyTo(out: Uint8Array, bytes: Uint8Array, at: number): number {
  if (at + bytes.length > out.length) return NO_ROOM;
  out.set(bytes, at);
  return at + bytes.length;
}

function* decompressPieces(bytes: Uint8Array): Generator<Uint8Array> {
  let window: Uint8Array = new Uint8Array();
  let waiting: Block[] = [];
  let length = 0;
  const decompress = () => {
    const piece = new Uint8Array(window.length + length);
    piece.set(window);
    let at = window.length;
    for (const { bytes, isCompressed } of waiting) {
      at = isCompressed ? decompressLz4Block(bytes, piece, at) : copyTo(piece, bytes, at);
    }
    const before = window.length;
    window = piece.slice(-WINDOW_BYTES);
    waiting = [];
    length = 0;
    return piece.subarray(before);
  };
  for (const block of blocks(bytes)) {
    const blockLength = block.isCompressed ? lz4BlockLength(block.bytes) : block.bytes.length;
    if (blockLength > MOST_BLOCK_BYTES) throw new RangeError(`a block of ${blockLength} bytes`);
    if (length > 0 && length + blockLength > PIECE_BYTES) yield decompress();
    waiting.push(block);
    length += blockLength;
  }
  if (length > 0) yield decompress();
}

function* blocks(bytes: Uint8Array): Generator<Block> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (true) {
    const magic = at + 4 <= bytes.length ? view.getUint32(at, true) : 0;
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE) {
      if (at + 8 > bytes.length) throw new RangeError("cut off");
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== MAGIC) {
      if (at === 0) throw new Error("no frame starts here");
      return;
    }
    const flags = view.getUint8(at + 4);
    if (flags >> 6 !== 1) throw new Error(`version ${flags >> 6} of the format, expected 1`);
    if ((flags & DICTIONARY) !== 0) throw new Error("written with a dictionary");
    // Flags, block size, header checksum.
    at += 4 + 3 + (flags & CONTENT_SIZE ? 8 : 0);
    while (true) {
      const word = view.getUint32(at, true);
      at += 4;
      if (word === 0) break;
      const end = at + word % NOT_COMPRESSED;
      if (end > bytes.length) throw new RangeError("cut off in a block");
      const block = bytes.subarray(at, end);
      yield { bytes: block, isCompressed: word < NOT_COMPRESSED };
      at = end + (flags & BLOCK_CHECKSUM ? 4 : 0);
    }
    if (flags & 0x04) at += 4; // The content's checksum.
  }
}
