/** What the header of a page says of its size. Source: parquet-format, parquet.thrift, PageHeader. */
export interface PageHeader {
  /** 0 data, 1 index, 2 dictionary, 3 data of version 2. */
  type: number;
  uncompressedBytes: number;
  compressedBytes: number;
  /** Values in it, nulls too; 0 in an index. */
  values: number;
}

/**
 * The headers of the pages in a column chunk, without reading the pages.
 * @param bytes the chunk's
 * @throws {Error} when they are not what Thrift's compact protocol writes, or lead out of the chunk
 */
export function* pageHeaders(bytes: Uint8Array): Generator<PageHeader> {
  const reader = new CompactReader(bytes);
  while (reader.at < bytes.length) {
    const header: PageHeader = { type: -1, uncompressedBytes: -1, compressedBytes: -1, values: 0 };
    reader.struct((field, type) => {
      if (field === 1) header.type = reader.integer(type);
      else if (field === 2) header.uncompressedBytes = reader.integer(type);
      else if (field === 3) header.compressedBytes = reader.integer(type);
      else if ((field === 5 || field === 7 || field === 8) && type === STRUCT) {
        reader.struct((field, type) => {
          if (field === 1) header.values = reader.integer(type);
          else reader.skip(type);
        });
      } else reader.skip(type);
    });
    const { uncompressedBytes, compressedBytes, values } = header;
    if (Math.min(uncompressedBytes, compressedBytes, values) < 0) {
      throw new Error("a page is damaged");
    }
    reader.at += compressedBytes;
    if (reader.at > bytes.length) throw new Error("a page is cut off");
    yield header;
  }
}

const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
];

/** Structs within structs; those of Parquet are four deep. */
const DEEPEST = 16;

/** Reads Thrift's compact protocol. Source: thrift, doc/specs/thrift-compact-protocol.md. */
class CompactReader {
  at = 0;
  readonly #bytes: Uint8Array;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Calls back for each field, which the callback must read or skip. */
  struct(field: (id: number, type: number) => void): void {
    if (++this.#depth > DEEPEST) throw new Error("a page's header is too deep");
    for (let id = 0, head = this.#byte(); head !== 0; head = this.#byte()) {
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      field(id, head & 15);
    }
    this.#depth--;
  }

  integer(type: number): number {
    if (type !== I16 && type !== I32 && type !== I64) throw new Error("a page's header is damaged");
    return this.#zigzag();
  }

  skip(type: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#byte();
    else if (type === I16 || type === I32 || type === I64) this.#varint();
    else if (type === DOUBLE) this.at += 8;
    else if (type === BINARY) {
      // Read first: += takes the place from before the length was read.
      const length = this.#varint();
      this.at += length;
    } else if (type === STRUCT) this.struct((_, type) => this.skip(type));
    else if (type === LIST || type === SET) this.#skipList();
    else if (type === MAP) throw new Error("a page's header has a map, which Parquet has not");
    else throw new Error("a page's header is damaged");
    if (this.at > this.#bytes.length) throw new Error("a page's header is cut off");
  }

  #skipList(): void {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    // Truth values take a byte each in a list.
    const type = (head & 15) <= FALSE ? BYTE : head & 15;
    if (count > this.#bytes.length - this.at) throw new Error("a page's header is cut off");
    for (let i = 0; i < count; i++) this.skip(type);
  }

  #byte(): number {
    if (this.at >= this.#bytes.length) throw new Error("a page's header is cut off");
    return this.#bytes[this.at++];
  }

  /** Up to 2^53, beyond which a number is not exact; none of a sound header is as large. */
  #varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 45) throw new Error("a page's header is damaged");
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
