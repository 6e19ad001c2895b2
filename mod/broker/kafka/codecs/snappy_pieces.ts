import { snappyUncompressor } from "hysnappy";

/** The beginning of snappy-java's stream: 0x82, "SNAPPY", 0; then two versions of 4 bytes. */
const XERIAL_MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];
const XERIAL_HEADER_LENGTH = 16;

/** Maximum bytes per three compressed bytes: a copy element of three bytes yields 64. */
const MOST_RATIO = 22;

/** Its buffer holds one block and its content, and is reused. */
let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/** A raw block, and the length of its content. */
interface Block {
  bytes: Uint8Array;
  length: number;
}

/**
 * Snappy as Kafka clients write it: the Java and Python clients in snappy-java's blocks (a header,
 * then length and block; several streams may follow), others as one raw block. One piece if the
 * content is not longer than `mostBytes`, otherwise one piece per block.
 * @param mostBytes also the maximum content of one block
 * @throws {Error} if it is not snappy, or damaged, or a block is too large
 */
export function* snappyPieces(bytes: Uint8Array, mostBytes: number): Generator<Uint8Array> {
  const blocks = isXerialHeader(bytes, 0) ? xerialBlocks(bytes) : [rawBlock(bytes)];
  let total = 0;
  for (const { length } of blocks) {
    if (length > mostBytes) {
      throw new RangeError(`a block of ${length} bytes, at most ${mostBytes} are read`);
    }
    total += length;
  }
  uncompress ??= snappyUncompressor();
  if (total > mostBytes || blocks.length === 1) {
    for (const { bytes, length } of blocks) yield uncompress(bytes, length);
    return;
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const { bytes, length } of blocks) {
    whole.set(uncompress(bytes, length), at);
    at += length;
  }
  yield whole;
}

function xerialBlocks(bytes: Uint8Array): Block[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Block[] = [];
  for (let at = XERIAL_HEADER_LENGTH; at + 4 <= bytes.length;) {
    if (isXerialHeader(bytes, at)) {
      at += XERIAL_HEADER_LENGTH;
      continue;
    }
    const end = at + 4 + view.getInt32(at);
    if (end <= at + 4 || end > bytes.length) {
      // The Java client reads no further than the records.
      if (blocks.length > 0) break;
      throw new RangeError(`block at ${at} is cut off`);
    }
    blocks.push(rawBlock(bytes.subarray(at + 4, end)));
    at = end;
  }
  return blocks;
}

function rawBlock(bytes: Uint8Array): Block {
  const length = contentLength(bytes);
  if (length > bytes.length * MOST_RATIO) throw new RangeError("wrong about its length");
  return { bytes, length };
}

function isXerialHeader(bytes: Uint8Array, at: number): boolean {
  return XERIAL_MAGIC.every((byte, i) => bytes[at + i] === byte);
}

/** Length of a block's content, a varint of up to 32 bits before it. */
function contentLength(block: Uint8Array): number {
  let length = 0;
  for (let i = 0, factor = 1; i < 5; i++, factor *= 128) {
    if (i >= block.length) break;
    length += (block[i] & 0x7f) * factor;
    if (block[i] < 0x80) return length;
  }
  throw new RangeError("it does not begin with a length");
}
