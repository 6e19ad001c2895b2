import { type FileMetaData, parquetMetadata, type SchemaElement } from "hyparquet";
import { CompactReader } from "./compact_reader.ts";

/** Bytes of a footer. It takes up to 64 times as much memory; those of the lake have a few kilobytes. */
const MOST_FOOTER_BYTES = 8 * 2 ** 20;

/** Columns within columns; those of the lake have none. */
const DEEPEST = 32;

/** Bytes after the footer: its length and "PAR1". */
const TAIL_BYTES = 8;

/**
 * The footer of a Parquet file, looked over before hyparquet makes room for what it claims.
 * @param bytes the file, or its end
 * @throws {Error} when it is none, or says what cannot be
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
 * How many bytes of a file's end are its footer, with the length and the mark after it.
 * @param end the file's last eight bytes, or more of them
 * @throws {Error} when it is not a Parquet file's, or no footer has as many
 */
export function footerBytes(end: Uint8Array): number {
  const view = new DataView(end.buffer, end.byteOffset, end.byteLength);
  if (end.length < TAIL_BYTES || view.getUint32(end.length - 4) !== 0x50415231) {
    throw new Error("it does not end as a Parquet file does, with PAR1");
  }
  const length = view.getUint32(end.length - TAIL_BYTES, true);
  if (length > MOST_FOOTER_BYTES) throw new Error(`its footer has ${length} bytes`);
  return length + TAIL_BYTES;
}

/** The elements are a tree, written from its root down: each is followed by its children. */
function checkTree(schema: readonly SchemaElement[]): void {
  const open: number[] = [];
  for (const [i, { num_children = 0 }] of schema.entries()) {
    if (i > 0) {
      if (open.length === 0) throw new Error("its schema has columns of no parent");
      open[open.length - 1]--;
    }
    if (num_children > 0) open.push(num_children);
    if (open.length > DEEPEST) throw new Error("its columns lie too deep");
    while (open.at(-1) === 0) open.pop();
  }
  if (open.length > 0 || schema.length === 0) throw new Error("its schema lacks columns");
}
