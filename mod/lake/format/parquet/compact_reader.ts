const [TRUE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP] = [
  ...[1, 3, 4, 5, 6, 7, 8, 9, 10, 11],
];

/** A field that is false; its type is its value. */
export const FALSE = 2;

/** A struct's type. */
export const STRUCT = 12;

/** Structs within structs; a footer's are seven deep. */
const DEEPEST = 16;

/**
 * Reads Thrift's compact protocol, and makes room for nothing: what it has walked over has no list that is
 * longer than its bytes, no number of more than 64 bits and no end outside of them.
 * Source: thrift, doc/specs/thrift-compact-protocol.md.
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
    if (++this.#depth > DEEPEST) throw new Error("structs lie too deep");
    for (let id = 0, head = this.#byte(); head !== 0; head = this.#byte()) {
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      field(id, head & 15);
    }
    this.#depth--;
  }

  integer(type: number): number {
    if (type !== I16 && type !== I32 && type !== I64) throw new Error("Thrift's bytes are damaged");
    return this.#zigzag();
  }

  skip(type: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#byte();
    else if (type === I16 || type === I32 || type === I64) this.#skipVarint();
    else if (type === DOUBLE) this.at += 8;
    else if (type === BINARY) {
      // Read first: += takes the place from before the length was read.
      const length = this.#varint();
      this.at += length;
    } else if (type === STRUCT) this.struct((_, type) => this.skip(type));
    else if (type === LIST || type === SET) this.#skipList();
    else if (type === MAP) throw new Error("there is a map, which Parquet has not");
    else throw new Error("Thrift's bytes are damaged");
    if (this.at > this.#bytes.length) throw new Error("Thrift's bytes are cut off");
  }

  #skipList(): void {
    if (++this.#depth > DEEPEST) throw new Error("lists lie too deep");
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    // Truth values take a byte each in a list.
    const type = (head & 15) <= FALSE ? BYTE : head & 15;
    if (count > this.#bytes.length - this.at) throw new Error("Thrift's bytes are cut off");
    for (let i = 0; i < count; i++) this.skip(type);
    this.#depth--;
  }

  /** 64 bits have at most ten bytes. */
  #skipVarint(): void {
    for (let left = 10; left > 0; left--) if (this.#byte() < 128) return;
    throw new Error("Thrift's bytes are damaged");
  }

  #byte(): number {
    if (this.at >= this.#bytes.length) throw new Error("Thrift's bytes are cut off");
    return this.#bytes[this.at++];
  }

  /** Up to 2^53, beyond which a number is not exact; none of a sound header is as large. */
  #varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 45) throw new Error("Thrift's bytes are damaged");
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
