const [TRUE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP] = [
  ...[1, 3, 4, 5, 6, 7, 8, 9, 10, 11],
];

/** Type of a field that is false: the type is the value. */
export const FALSE = 2;

/** A struct's type. */
export const STRUCT = 12;

/** Maximum nesting of structs; a footer has seven levels. */
const DEEPEST = 16;

/**
 * Reads Thrift's compact protocol without allocating: what it has read has no list longer than its
 * bytes and no number of more than 64 bits, and ends within the bytes. Source: thrift,
 * doc/specs/thrift-compact-protocol.md.
 */
export class CompactReader {
  at = 0;
  readonly #bytes: Uint8Array;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Calls back for each field, which the callback must read or skip. */
  struct(field: (id: number, type: number) => void): void {
    if (++this.#depth > DEEPEST) throw new Error("structs are nested too deeply");
    for (let id = 0, head = this.#byte(); head !== 0; head = this.#byte()) {
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      field(id, head & 15);
    }
    this.#depth--;
  }

  integer(type: number): number {
    if (type !== I16 && type !== I32 && type !== I64) throw new Error("damaged Thrift");
    return this.#zigzag();
  }

  skip(type: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#byte();
    else if (type === I16 || type === I32 || type === I64) this.#skipVarint();
    else if (type === DOUBLE) this.at += 8;
    else if (type === BINARY) {
      // Read first: += would use the position from before the length was read.
      const length = this.#varint();
      this.at += length;
    } else if (type === STRUCT) this.struct((_, type) => this.skip(type));
    else if (type === LIST || type === SET) this.#skipList();
    else if (type === MAP) throw new Error("unexpected map: Parquet has none");
    else throw new Error("damaged Thrift");
    if (this.at > this.#bytes.length) throw new Error("Thrift is cut off");
  }

  #skipList(): void {
    if (++this.#depth > DEEPEST) throw new Error("lists are nested too deeply");
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    // In a list, booleans take a byte each.
    const type = (head & 15) <= FALSE ? BYTE : head & 15;
    if (count > this.#bytes.length - this.at) throw new Error("Thrift is cut off");
    for (let i = 0; i < count; i++) this.skip(type);
    this.#depth--;
  }

  /** 64 bits have at most ten bytes. */
  #skipVarint(): void {
    for (let left = 10; left > 0; left--) if (this.#byte() < 128) return;
    throw new Error("damaged Thrift");
  }

  #byte(): number {
    if (this.at >= this.#bytes.length) throw new Error("Thrift is cut off");
    return this.#bytes[this.at++];
  }

  /** Up to 2^53, beyond which a number is inexact; no valid header has one that large. */
  #varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 45) throw new Error("damaged Thrift");
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
