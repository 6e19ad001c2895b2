import { zstdDecompressSync } from "node:zlib";
import { Decompress } from "fzstd";

/*
 * zstd frames. The runtime's decoder reads only the first of several frames, without an error, so
 * they are split here. Source: RFC 8878.
 */

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** Type of a block that is one byte, repeated. */
const REPEATED = 1;

/**
 * Maximum window of a frame that is decompressed piece by piece; the decoder keeps as many bytes.
 * The usual levels need 8 MiB or less. A frame with a larger window, as of levels 21 and 22 (64 and
 * 128 MiB), is decompressed at once if its content is no larger than this.
 */
const MOST_WINDOW_BYTES = 32 * 2 ** 20;

interface Frame {
  bytes: Uint8Array;
  windowBytes: number;
  /** Where each block ends; the first element is the end of the header. */
  ends: number[];
}

/**
 * The content of consecutive frames: one piece per frame if it is not longer than `mostBytes`,
 * otherwise one per block of 128 KiB. Bytes after the last frame are ignored.
 * @throws {Error} if the data before them is not a frame, or damaged
 */
export function* zstdPieces(bytes: Uint8Array, mostBytes: number): Generator<Uint8Array> {
  for (const frame of frames(bytes)) {
    const most = frame.windowBytes > MOST_WINDOW_BYTES ? MOST_WINDOW_BYTES : mostBytes;
    const whole = decompressWhole(frame.bytes, most);
    if (whole === null) yield* decompressBlocks(frame);
    else yield whole;
  }
}

function decompressWhole(frame: Uint8Array, maxOutputLength: number): Uint8Array | null {
  try {
    const { buffer, byteOffset, byteLength } = zstdDecompressSync(frame, { maxOutputLength });
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
}

function* decompressBlocks({ bytes, windowBytes, ends }: Frame): Generator<Uint8Array> {
  if (windowBytes > MOST_WINDOW_BYTES) {
    throw new RangeError(
      `it has more than ${MOST_WINDOW_BYTES} bytes with a window of ${windowBytes}, so reading it ` +
        "would take too much memory",
    );
  }
  let pieces: Uint8Array[] = [];
  // Each piece is a view of the decoder's buffer, valid until the next one.
  const decoder = new Decompress((piece) => pieces.push(piece.slice()));
  let at = 0;
  for (const end of ends.slice(1)) {
    decoder.push(bytes.subarray(at, end));
    at = end;
    yield* pieces;
    pieces = [];
  }
  decoder.push(bytes.subarray(at), true);
  yield* pieces;
}

function* frames(bytes: Uint8Array): Generator<Frame> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0;;) {
    const magic = at + 4 <= bytes.length ? view.getUint32(at, true) : 0;
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== MAGIC) {
      if (at === 0) throw new Error("no frame starts here");
      return;
    }
    const frame = frameAt(view, at);
    yield frame;
    at += frame.bytes.length;
  }
}

function frameAt(view: DataView, start: number): Frame {
  const descriptor = view.getUint8(start + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const idLength = [0, 1, 2, 4][descriptor & 3];
  const sizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6];
  const sizeAt = start + 5 + (isSingleSegment ? 0 : 1) + idLength;
  const windowBytes = isSingleSegment
    ? contentSize(view, sizeAt, sizeLength)
    : windowOf(view.getUint8(start + 5));
  let at = sizeAt + sizeLength;
  const ends = [at - start];
  for (let isLast = false; !isLast;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    isLast = (header & 1) === 1;
    at += 3 + (((header >> 1) & 3) === REPEATED ? 1 : header >> 3);
    ends.push(at - start);
  }
  if (hasChecksum) at += 4;
  if (at > view.byteLength) throw new RangeError("cut off in a frame");
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, at - start);
  return { bytes, windowBytes, ends };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + base / 8 * (descriptor & 7);
}

function contentSize(view: DataView, at: number, length: number): number {
  switch (length) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
