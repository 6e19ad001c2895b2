import { PAGE_BYTES, varintBytes, writeVarint } from "./sqlite_page.ts";
import type { Leaves } from "./leaf_pages.ts";

/** Kind of page. Source: sqlite.org/fileformat.html, section 1.6. */
const INTERIOR = 0x05;

const HEADER_BYTES = 12;

/** Where the file's header has the number of pages. */
const PAGE_COUNT_AT = 28;

/** Index of the page at 2^30 bytes, which holds locks and is no part of a table. Section 1.3 there. */
const LOCK_PAGE = 2 ** 30 / PAGE_BYTES;

/** Children that an interior page has room for, with row numbers below 2^35. */
const MOST_CHILDREN = Math.floor((PAGE_BYTES - HEADER_BYTES) / (4 + 5 + 2));

/** A page, and the largest row number below it. */
interface Child {
  /** Number of the page, from 1. */
  page: number;
  lastRow: number;
}

/** Appends leaves to a SQLite file that nobody else has open, and makes them an empty table's. */
export class TableFile implements Disposable {
  readonly #file: Deno.FsFile;
  #pages: number;
  readonly #children: Child[] = [];

  /** @throws {Error} when the file has pages of another size, or its last change is not in it */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { read: true, write: true });
    this.#pages = this.#file.statSync().size / PAGE_BYTES;
    const header = new DataView(this.#read(0).buffer);
    if (header.getUint16(16) !== PAGE_BYTES || header.getUint32(PAGE_COUNT_AT) !== this.#pages) {
      throw new Error(`${path}: expected ${this.#pages} pages of ${PAGE_BYTES} bytes`);
    }
  }

  /** Appends leaves, whose rows come after those that are there. */
  append({ bytes, lastRows }: Leaves): void {
    for (let leaf = 0; leaf < lastRows.length;) {
      const count = Math.min(lastRows.length - leaf, this.#room());
      this.#write(this.#pages, bytes.subarray(leaf * PAGE_BYTES, (leaf + count) * PAGE_BYTES));
      for (const lastRow of lastRows.slice(leaf, leaf + count)) {
        this.#children.push({ page: ++this.#pages, lastRow });
      }
      leaf += count;
    }
  }

  /** Makes the leaves those of the table with this root page. */
  finish(root: number): void {
    if (this.#children.length === 0) return;
    if (this.#children.length === 1) {
      // SQLite takes a root that leads to one page alone for damage.
      this.#write(root - 1, this.#read(--this.#pages));
      this.#file.truncateSync(this.#pages * PAGE_BYTES);
    } else {
      let level = this.#children;
      while (level.length > MOST_CHILDREN) level = this.#parents(level);
      this.#write(root - 1, interior(level));
    }
    const first = this.#read(0);
    new DataView(first.buffer).setUint32(PAGE_COUNT_AT, this.#pages);
    this.#write(0, first);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #parents(children: readonly Child[]): Child[] {
    const count = Math.ceil(children.length / Math.ceil(children.length / MOST_CHILDREN));
    const parents: Child[] = [];
    for (let i = 0; i < children.length; i += count) {
      const some = children.slice(i, i + count);
      this.#room();
      this.#write(this.#pages, interior(some));
      parents.push({ page: ++this.#pages, lastRow: some.at(-1)!.lastRow });
    }
    return parents;
  }

  /** Steps over the page that SQLite leaves free, where it is next; gives the pages before it comes. */
  #room(): number {
    if (this.#pages === LOCK_PAGE) this.#pages++;
    return this.#pages < LOCK_PAGE ? LOCK_PAGE - this.#pages : Infinity;
  }

  #read(index: number): Uint8Array<ArrayBuffer> {
    const page = new Uint8Array(PAGE_BYTES);
    this.#file.seekSync(index * PAGE_BYTES, Deno.SeekMode.Start);
    for (let at = 0; at < PAGE_BYTES;) {
      const count = this.#file.readSync(page.subarray(at));
      if (count === null) throw new Error(`page ${index + 1} breaks off`);
      at += count;
    }
    return page;
  }

  #write(index: number, pages: Uint8Array): void {
    this.#file.seekSync(index * PAGE_BYTES, Deno.SeekMode.Start);
    for (let rest = pages; rest.length > 0;) rest = rest.subarray(this.#file.writeSync(rest));
  }
}

/** A page that leads to others: to the last of them by its header, to the others by its cells. */
function interior(children: readonly Child[]): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  const view = new DataView(page.buffer);
  const last = children.length - 1;
  let cells = PAGE_BYTES;
  for (let i = 0; i < last; i++) {
    const { page: child, lastRow } = children[i];
    cells -= 4 + varintBytes(lastRow);
    view.setUint32(cells, child);
    writeVarint(page, cells + 4, lastRow);
    view.setUint16(HEADER_BYTES + 2 * i, cells);
  }
  page[0] = INTERIOR;
  view.setUint16(3, last);
  view.setUint16(5, cells);
  view.setUint32(8, children[last].page);
  return page;
}
