/** Offsets of one piece of the set. */
const PIECE = 1 << 20;

/** A set of offsets, a bit for each, in pieces that are made when they are needed. */
export class OffsetSet {
  readonly #pieces = new Map<number, Uint8Array>();

  /** Adds an offset. @returns whether it was not in the set */
  add(offset: number): boolean {
    const number = Math.floor(offset / PIECE);
    let piece = this.#pieces.get(number);
    if (piece === undefined) this.#pieces.set(number, piece = new Uint8Array(PIECE / 8));
    const place = offset - number * PIECE;
    const bit = 1 << (place & 7);
    if ((piece[place >> 3] & bit) !== 0) return false;
    piece[place >> 3] |= bit;
    return true;
  }

  /** Whether an offset is in the set. */
  has(offset: number): boolean {
    const number = Math.floor(offset / PIECE);
    const place = offset - number * PIECE;
    return ((this.#pieces.get(number)?.[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }
}
