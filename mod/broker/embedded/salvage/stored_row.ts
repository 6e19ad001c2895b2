import type { PageFile } from "./page_file.ts";

/*
 * Rows of a database as they are in its pages. Source: sqlite.org/fileformat2.html, "B-tree Pages" and "Record
 * Format".
 */

const TABLE_LEAF = 0x0d;
const INDEX_LEAF = 0x0a;
const INDEX_INTERIOR = 0x02;

/** Maximum columns of a row of ours. */
const MOST_COLUMNS = 8;

/** Maximum bytes of a text of ours: a commit's metadata has 4 KiB, a name 249. */
const MOST_TEXT_BYTES = 65_536;

/** A value; of a BLOB, where its bytes lie in the row. */
export type StoredValue = number | string | null | { at: number; length: number };

/** A row of a table, or an entry of an index. */
export interface StoredRow {
  kind: "table" | "index";
  /** Its number; 0 for an entry of an index. */
  rowid: number;
  values: StoredValue[];
  /** Where its payload begins: the page, the place in it, and how much of it is there. */
  place: PayloadPlace;
}

/** Where the bytes of a row lie. */
export interface PayloadPlace {
  page: number;
  at: number;
  /** Bytes in the page itself; the others are in a chain of pages. */
  local: number;
  length: number;
}

/** The rows of a page that can be read; none for a page of another kind, or a damaged one. */
export function* rowsOf(file: PageFile, number: number): Generator<StoredRow> {
  const page = file.read(number);
  const head = number === 1 ? 100 : 0;
  const kind = page[head];
  if (kind !== TABLE_LEAF && kind !== INDEX_LEAF && kind !== INDEX_INTERIOR) return;
  const cells = page[head + 3] << 8 | page[head + 4];
  const pointers = head + (kind === INDEX_INTERIOR ? 12 : 8);
  if (pointers + cells * 2 > page.length) return;
  for (let i = 0; i < cells; i++) {
    const cell = page[pointers + i * 2] << 8 | page[pointers + i * 2 + 1];
    const row = rowAt(file, number, page, kind, cell);
    if (row !== undefined) yield row;
  }
}

function rowAt(
  file: PageFile,
  number: number,
  page: Uint8Array,
  kind: number,
  cell: number,
): StoredRow | undefined {
  let at = kind === INDEX_INTERIOR ? cell + 4 : cell;
  const length = varint(page, at);
  if (length === undefined) return undefined;
  at = length.next;
  let rowid = 0;
  if (kind === TABLE_LEAF) {
    const found = varint(page, at);
    if (found === undefined) return undefined;
    rowid = found.value;
    at = found.next;
  }
  const usable = page.length;
  const most = kind === TABLE_LEAF ? usable - 35 : Math.floor((usable - 12) * 64 / 255) - 23;
  const least = Math.floor((usable - 12) * 32 / 255) - 23;
  const whole = length.value;
  if (whole > file.count * usable) return undefined;
  const rest = least + (whole - least) % (usable - 4);
  const local = whole <= most ? whole : rest <= most ? rest : least;
  if (at + local > usable) return undefined;
  const place = { page: number, at, local, length: whole };
  const values = valuesOf(file, place, page);
  return values && { kind: kind === TABLE_LEAF ? "table" : "index", rowid, values, place };
}

function valuesOf(
  file: PageFile,
  place: PayloadPlace,
  page: Uint8Array,
): StoredValue[] | undefined {
  const head = page.subarray(place.at, place.at + place.local);
  const size = varint(head, 0);
  if (size === undefined || size.value > head.length) return undefined;
  const types: number[] = [];
  for (let at = size.next; at < size.value;) {
    const type = varint(head, at);
    if (type === undefined || types.length === MOST_COLUMNS) return undefined;
    types.push(type.value);
    at = type.next;
  }
  const values: StoredValue[] = [];
  let at = size.value;
  for (const type of types) {
    const length = lengthOf(type);
    if (length === undefined || at + length > place.length) return undefined;
    if (type >= 12 && type % 2 === 0) values.push({ at, length });
    else if (type >= 13) {
      if (length > MOST_TEXT_BYTES) return undefined;
      const text = at + length <= head.length
        ? head.subarray(at, at + length)
        : bytesOf(file, place, at, length);
      if (text === undefined) return undefined;
      values.push(new TextDecoder().decode(text));
    } else {
      if (at + length > head.length) return undefined;
      const number = numberOf(type, head.subarray(at, at + length));
      if (number === undefined) return undefined;
      values.push(number);
    }
    at += length;
  }
  return at === place.length ? values : undefined;
}

function lengthOf(type: number): number | undefined {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, undefined, 0, 0][type];
}

function numberOf(type: number, bytes: Uint8Array): number | null | undefined {
  if (type === 0) return null;
  if (type >= 8) return type - 8;
  let value = 0n;
  for (const byte of bytes) value = value << 8n | BigInt(byte);
  const number = Number(BigInt.asIntN(bytes.length * 8, value));
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A part of a row's payload; `undefined` if the pages of it cannot be followed. */
export function bytesOf(
  file: PageFile,
  place: PayloadPlace,
  from: number,
  length: number,
): Uint8Array | undefined {
  const page = file.read(place.page);
  if (from + length <= place.local) return page.subarray(place.at + from, place.at + from + length);
  const bytes = new Uint8Array(length);
  let at = 0;
  const put = (piece: Uint8Array) => {
    const start = Math.max(0, from - at);
    const end = Math.min(piece.length, from + length - at);
    if (end > start) bytes.set(piece.subarray(start, end), at + start - from);
    at += piece.length;
  };
  put(page.subarray(place.at, place.at + place.local));
  let next = word(page, place.at + place.local);
  while (at < from + length) {
    if (next < 2 || next > file.count) return undefined;
    const overflow = file.read(next);
    put(overflow.subarray(4));
    next = word(overflow, 0);
  }
  return bytes;
}

function word(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** `undefined` if there is none, or one beyond what numbers hold. */
function varint(bytes: Uint8Array, at: number): { value: number; next: number } | undefined {
  let value = 0n;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    if (i === 8) value = value << 8n | BigInt(byte);
    else value = value << 7n | BigInt(byte & 0x7f);
    if (i === 8 || byte < 0x80) {
      const number = Number(value);
      return Number.isSafeInteger(number) ? { value: number, next: at + i + 1 } : undefined;
    }
  }
}
