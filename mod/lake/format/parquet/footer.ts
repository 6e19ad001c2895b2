import { type FileMetaData, parquetMetadata, type SchemaElement } from "hyparquet";
import { CompactReader } from "./compact_reader.ts";

/** Maximum bytes of a footer: parsed, it takes up to 64 times as much memory. Those of the lake have a few kilobytes. */
const MOST_FOOTER_BYTES = 8 * 2 ** 20;

/** Maximum nesting of columns; those of the lake have none. */
const DEEPEST = 32;

/** Bytes after the footer: its length and "PAR1". */
const TAIL_BYTES = 8;

/**
 * The footer of a Parquet file, checked before hyparquet allocates what it claims.
 * @param bytes the file, or its end
 * @throws {Error} when it is not a footer, or claims something impossible
 */
export function readFooter(bytes: Uint8Array): FileMetaData {
  const length = footerBytes(bytes);
  if (length > bytes.length) throw new Error("its footer is longer than the file");
  const reader = new CompactReader(bytes.subarray(bytes.length - length, -TAIL_BYTES));
  reader.struct((_, type) => reader.skip(type));
  const metadata = parquetMetadata(bytes);
  checkTree(metadata.schema);
  return metadata;
}

/**
 * How many bytes of a file's end are its footer, including the length and the magic bytes after it.
 * @param end the file's last eight bytes, or more of them
 * @throws {Error} when it is not a Parquet file's, or no footer is that long
 */
export function footerBytes(end: Uint8Array): number {
  const view = new DataView(end.buffer, end.byteOffset, end.byteLength);
  if (end.length < TAIL_BYTES || view.getUint32(end.length - 4) !== 0x50415231) {
    throw new Error("it is not a Parquet file: it does not end with PAR1");
  }
  const length = view.getUint32(end.length - TAIL_BYTES, true);
  if (length > MOST_FOOTER_BYTES) throw new Error(`its footer has ${length} bytes`);
  return length + TAIL_BYTES;
}

/** The elements are a tree in preorder: each is followed by its children. */
function checkTree(schema: readonly SchemaElement[]): void {
  const open: number[] = [];
  for (const [i, { num_children = 0 }] of schema.entries()) {
    if (i > 0) {
      if (open.length === 0) throw new Error("its schema has columns without a parent");
      open[open.length - 1]--;
    }
    if (num_children > 0) open.push(num_children);
    if (open.length > DEEPEST) throw new Error("its columns are nested too deeply");
    while (open.at(-1) === 0) open.pop();
  }
  if (open.length > 0 || schema.length === 0) throw new Error("its schema lacks columns");
}
