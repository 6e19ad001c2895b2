/** Default number of offsets in one piece of the set. */
const PIECE_OFFSETS = 1 << 20;

/** A set of offsets, a bit for each, in pieces that are made when they are needed. */
export class OffsetSet {
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #piece: number;

  /** @param pieceOffsets offsets of one piece, a multiple of 8 */
  constructor(pieceOffsets = PIECE_OFFSETS) {
    this.#piece = pieceOffsets;
  }

  /** Adds an offset. @returns whether it was not in the set */
  add(offset: number): boolean {
    const number = Math.floor(offset / this.#piece);
    let piece = this.#pieces.get(number);
    if (piece === undefined) this.#pieces.set(number, piece = new Uint8Array(this.#piece / 8));
    const place = offset - number * this.#piece;
    const bit = 1 << (place & 7);
    if ((piece[place >> 3] & bit) !== 0) return false;
    piece[place >> 3] |= bit;
    return true;
  }

  /** Whether an offset is in the set. */
  has(offset: number): boolean {
    const number = Math.floor(offset / this.#piece);
    const place = offset - number * this.#piece;
    return ((this.#pieces.get(number)?.[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }

  /** The offsets, in no order. */
  *values(): Generator<number> {
    for (const [number, piece] of this.#pieces) {
      for (let byte = 0; byte < piece.length; byte++) {
        for (let bits = piece[byte], bit = 0; bits !== 0; bits >>= 1, bit++) {
          if ((bits & 1) !== 0) yield number * this.#piece + byte * 8 + bit;
        }
      }
    }
  }
}
