import type { RecordEncoder } from "./record_encoder.ts";
import { PAGE_BYTES, varintBytes, writeVarint } from "./sqlite_page.ts";

/** Kind of page. Source: sqlite.org/fileformat.html, section 1.6. */
const LEAF = 0x0d;

const HEADER_BYTES = 8;

/** Pages of rows as a SQLite file has them, without the pages that lead to them. */
export interface Leaves {
  bytes: Uint8Array<ArrayBuffer>;
  /** Of each page, the number of its last row. */
  lastRows: number[];
}

/** Puts records into the leaves of a table's tree. */
export class LeafPages {
  #bytes = new Uint8Array(64 * PAGE_BYTES);
  #view = new DataView(this.#bytes.buffer);
  readonly #lastRows: number[] = [];
  /** Number of the next row. */
  #row: number;
  /** The page that is written: where it begins, where its cells begin, where its next pointer goes. */
  #page = 0;
  #cells = PAGE_BYTES;
  #pointer = HEADER_BYTES;

  constructor(firstRow: number) {
    this.#row = firstRow;
  }

  /** Adds the encoder's record as the next row. */
  add(record: RecordEncoder): void {
    const { length } = record;
    const cellBytes = varintBytes(length) + varintBytes(this.#row) + length;
    if (this.#cells - cellBytes < this.#pointer + 2) this.#endPage();
    this.#cells -= cellBytes;
    let at = writeVarint(this.#bytes, this.#cells, length);
    at = writeVarint(this.#bytes, at, this.#row++);
    record.copyTo(this.#bytes, at);
    this.#view.setUint16(this.#pointer, this.#cells - this.#page);
    this.#pointer += 2;
  }

  /** All pages; none without rows. */
  finish(): Leaves {
    if (this.#pointer > this.#page + HEADER_BYTES) this.#endPage();
    return { bytes: this.#bytes.subarray(0, this.#page), lastRows: this.#lastRows };
  }

  #endPage(): void {
    this.#bytes[this.#page] = LEAF;
    this.#view.setUint16(this.#page + 3, (this.#pointer - this.#page - HEADER_BYTES) / 2);
    this.#view.setUint16(this.#page + 5, this.#cells - this.#page);
    this.#lastRows.push(this.#row - 1);
    this.#page += PAGE_BYTES;
    this.#cells = this.#page + PAGE_BYTES;
    this.#pointer = this.#page + HEADER_BYTES;
    if (this.#cells <= this.#bytes.length) return;
    const bytes = new Uint8Array(2 * this.#bytes.length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
