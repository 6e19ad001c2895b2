import type { CellValue } from "../../../lake/format/cell_value.ts";

/** Types of a STRICT table's columns. */
export type StoredType = "TEXT" | "REAL" | "INTEGER";

/** Longest record, in bytes: what a page holds without overflow pages. */
const MOST_BYTES = 16_000;

const UTF8 = new TextEncoder();

/**
 * Encodes rows as SQLite's records: the types of the values, then their bytes.
 * Source: sqlite.org/fileformat.html, section 2.1.
 */
export class RecordEncoder {
  readonly #types: readonly StoredType[];
  readonly #header: Uint8Array;
  readonly #body = new Uint8Array(MOST_BYTES);
  readonly #view = new DataView(this.#body.buffer);
  /** Bytes of header and body that are in use. */
  #headerEnd = 0;
  #bodyEnd = 0;

  constructor(types: readonly StoredType[]) {
    this.#types = types;
    // A text's type takes three bytes at most here; the header begins with its own length.
    this.#header = new Uint8Array(2 + 3 * types.length);
  }

  /** Bytes of the record. */
  get length(): number {
    return this.#headerEnd + this.#bodyEnd;
  }

  /**
   * Takes a row.
   * @returns whether each value is one of its column's type, and all fit; if not, SQLite is to decide
   */
  encode(columns: ReadonlyArray<ArrayLike<CellValue>>, row: number): boolean {
    const lengthBytes = 1 + 3 * columns.length < 128 ? 1 : 2;
    this.#headerEnd = lengthBytes;
    this.#bodyEnd = 0;
    for (let c = 0; c < columns.length; c++) {
      const value = columns[c][row];
      if (value === null || value === undefined) this.#header[this.#headerEnd++] = 0;
      else if (!this.#value(this.#types[c], value)) return false;
    }
    if (lengthBytes === 1) this.#header[0] = this.#headerEnd;
    else {
      this.#header[0] = 0x80 | (this.#headerEnd >> 7);
      this.#header[1] = this.#headerEnd & 0x7f;
    }
    return this.length <= MOST_BYTES;
  }

  /** Copies the record. */
  copyTo(target: Uint8Array, at: number): void {
    const header = this.#header;
    const body = this.#body;
    for (let i = 0; i < this.#headerEnd; i++) target[at++] = header[i];
    for (let i = 0; i < this.#bodyEnd; i++) target[at++] = body[i];
  }

  #value(type: StoredType, value: CellValue): boolean {
    switch (type) {
      case "REAL":
        return typeof value === "number" && this.#real(value);
      case "INTEGER":
        if (typeof value === "number") return Number.isSafeInteger(value) && this.#integer(value);
        return typeof value === "bigint" && this.#long(value);
      case "TEXT":
        return typeof value === "string" && this.#text(value);
    }
  }

  #real(value: number): boolean {
    if (Number.isNaN(value)) {
      // As SQLite stores it.
      this.#header[this.#headerEnd++] = 0;
      return true;
    }
    if (!this.#hasRoom(8)) return false;
    // SQLite knows no -0.
    this.#view.setFloat64(this.#bodyEnd, value === 0 ? 0 : value);
    this.#bodyEnd += 8;
    this.#header[this.#headerEnd++] = 7;
    return true;
  }

  #integer(value: number): boolean {
    if (!this.#hasRoom(8)) return false;
    const body = this.#body;
    let at = this.#bodyEnd;
    let type: number;
    if (value === 0 || value === 1) type = 8 + value;
    else if (value >= -0x80 && value < 0x80) {
      type = 1;
      body[at++] = value;
    } else if (value >= -0x8000 && value < 0x8000) {
      type = 2;
      body[at++] = value >> 8;
      body[at++] = value;
    } else if (value >= -0x800000 && value < 0x800000) {
      type = 3;
      body[at++] = value >> 16;
      body[at++] = value >> 8;
      body[at++] = value;
    } else if (value === (value | 0)) {
      type = 4;
      this.#view.setInt32(at, value);
      at += 4;
    } else {
      const high = Math.floor(value / 2 ** 32);
      if (high >= -0x8000 && high < 0x8000) {
        type = 5;
        this.#view.setInt16(at, high);
        at += 2;
      } else {
        type = 6;
        this.#view.setInt32(at, high);
        at += 4;
      }
      this.#view.setUint32(at, value - high * 2 ** 32);
      at += 4;
    }
    this.#header[this.#headerEnd++] = type;
    this.#bodyEnd = at;
    return true;
  }

  #long(value: bigint): boolean {
    if (BigInt.asIntN(64, value) !== value || !this.#hasRoom(8)) return false;
    this.#view.setBigInt64(this.#bodyEnd, value);
    this.#bodyEnd += 8;
    this.#header[this.#headerEnd++] = 6;
    return true;
  }

  #text(value: string): boolean {
    if (!this.#hasRoom(value.length)) return false;
    const body = this.#body;
    const begin = this.#bodyEnd;
    let at = begin;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        // UTF-8 takes three bytes for a UTF-16 code unit at most.
        if (!this.#hasRoom(3 * value.length)) return false;
        at = begin + UTF8.encodeInto(value, body.subarray(begin)).written;
        break;
      }
      body[at++] = code;
    }
    this.#bodyEnd = at;
    const type = 13 + 2 * (at - begin);
    if (type >= 0x4000) this.#header[this.#headerEnd++] = 0x80 | (type >> 14);
    if (type >= 0x80) this.#header[this.#headerEnd++] = 0x80 | ((type >> 7) & 0x7f);
    this.#header[this.#headerEnd++] = type & 0x7f;
    return true;
  }

  #hasRoom(bytes: number): boolean {
    return this.#bodyEnd + bytes <= MOST_BYTES;
  }
}
