import type { ColumnChunk, SchemaElement } from "hyparquet";
import { decompressPage } from "hyparquet/src/datapage.js";
import { chunkBytes } from "./check_pages.ts";
import { DECOMPRESSORS } from "./decompress_page.ts";
import { deltaLengths, walkDelta } from "./walk_delta.ts";
import { DATA_V2, DICTIONARY, INDEX, type PageHeader, pageHeaders } from "./page_headers.ts";
import { readHybrid } from "./read_hybrid.ts";
import { walkHybrid } from "./walk_hybrid.ts";

/** Numbers of encodings. Source: parquet-format, parquet.thrift, Encoding. */
const [PLAIN, PLAIN_DICTIONARY, RLE, DELTA, DELTA_LENGTH, DELTA_BYTES, RLE_DICTIONARY, SPLIT] = [
  ...[0, 2, 3, 5, 6, 7, 8, 9],
];

/** Bits per value; for a byte array those of its length. */
const BITS: { readonly [type: string]: number } = {
  BOOLEAN: 1,
  INT32: 32,
  INT64: 64,
  INT96: 96,
  FLOAT: 32,
  DOUBLE: 64,
  BYTE_ARRAY: 32,
};

/**
 * Checks that a column has as many values as its pages say, before hyparquet reads them: it repeats a value as
 * often as a run claims, up to 2^31 times, and allocates whatever length a prefix has. The column is not nested,
 * and {@linkcode checkPages} has accepted it.
 * @throws {Error} naming what is impossible
 */
export function checkValues(
  file: Uint8Array,
  { meta_data: chunk }: ColumnChunk,
  element: SchemaElement,
): void {
  if (chunk === undefined) return;
  if (element.repetition_type === "REPEATED" || element.num_children !== undefined) {
    throw new Error(`column ${element.name} has more than one value per row`);
  }
  const pages = chunkBytes(file, chunk);
  const isOptional = element.repetition_type === "OPTIONAL";
  for (const header of pageHeaders(pages)) {
    if (header.type === INDEX) continue;
    const { at, values, levelBytes, uncompressedBytes } = header;
    const stored = pages.subarray(at + levelBytes, at + header.compressedBytes);
    const size = uncompressedBytes - levelBytes;
    const bytes = header.isCompressed
      ? decompressPage(stored, size, chunk.codec, DECOMPRESSORS)
      : stored;
    if (header.type === DICTIONARY) {
      checkPlain(bytes, values, element);
    } else if (header.type === DATA_V2) {
      if (isOptional) walkHybrid(pages.subarray(at, at + levelBytes), 0, 1, values);
      checkEncoded(bytes, header, values - header.nulls, element);
    } else {
      const [begin, present] = isOptional ? levelsOf(bytes, values) : [0, values];
      checkEncoded(bytes.subarray(begin), header, present, element);
    }
  }
}

/** Where the values of a page of version 1 begin, and how many it has. */
function levelsOf(bytes: Uint8Array, values: number): [begin: number, present: number] {
  walkHybrid(bytes, 4, 1, values);
  const levels = new Int32Array(values);
  readHybrid(bytes, 4, 1, levels);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [4 + view.getUint32(0, true), levels.reduce((sum, level) => sum + level, 0)];
}

function checkEncoded(
  bytes: Uint8Array,
  { encoding }: PageHeader,
  count: number,
  element: SchemaElement,
): void {
  if (encoding === PLAIN || encoding === SPLIT) {
    checkPlain(bytes, count, element);
  } else if (encoding === RLE || element.type === "BOOLEAN") {
    if (count > 0) walkHybrid(bytes, 4, 1, count);
  } else if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) {
    if (count > 0) walkHybrid(bytes, 1, bytes[0], count);
  } else if (encoding === DELTA || encoding === DELTA_LENGTH) {
    walkDelta(bytes, 0, count);
  } else if (encoding === DELTA_BYTES) {
    deltaLengths(bytes, count);
  }
  // hyparquet rejects all others.
}

function checkPlain(bytes: Uint8Array, count: number, { type, type_length }: SchemaElement): void {
  const bits = type === "FIXED_LEN_BYTE_ARRAY" ? 8 * (type_length ?? 0) : BITS[type ?? ""];
  if (!(bits > 0) || count * bits > bytes.length * 8) {
    throw new Error(`a page of ${bytes.length} bytes has ${count} values`);
  }
}
