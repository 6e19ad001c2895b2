import type { FileMetaData, SchemaElement } from "hyparquet";
import { DICTIONARY, INDEX, pageHeaders } from "./page_headers.ts";

/** Maximum rows of one file; an array of as many numbers takes 512 MiB. */
const MOST_ROWS = 2 ** 26;

/** Rows that any file may have, and how many more for each of its bytes. */
const [FREE_ROWS, ROWS_PER_BYTE] = [2 ** 20, 1024];

/** Maximum bytes of one decompressed page; writers make pages of about 1 MiB. */
const MOST_PAGE_BYTES = 256 * 2 ** 20;

/** Maximum decompressed bytes per byte of the file, beyond one page's maximum. */
const GROWTH = 1024;

/**
 * Checks that the sizes a file claims are possible, before it is read: the reader allocates as many
 * values as a page claims to have, so a few wrong bytes would take gigabytes.
 * @param columns names of those that are read
 * @throws {Error} naming what is impossible
 */
export function checkPages(
  bytes: Uint8Array,
  metadata: FileMetaData,
  columns: readonly string[],
): void {
  const wanted = new Set(columns);
  const mostRows = Math.min(MOST_ROWS, FREE_ROWS + ROWS_PER_BYTE * bytes.length);
  const room = {
    rows: mostRows,
    stored: bytes.length,
    read: MOST_PAGE_BYTES + GROWTH * bytes.length,
  };
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    if (!(rows >= 0) || (room.rows -= rows) < 0) {
      throw new Error(`a row group of ${rows} rows in ${bytes.length} bytes`);
    }
    for (const { meta_data: chunk } of group.columns) {
      if (chunk === undefined || !wanted.has(chunk.path_in_schema[0])) continue;
      const name = chunk.path_in_schema[0];
      if (chunk.path_in_schema.length > 1) throw new Error(`column ${name} has columns of its own`);
      const pages = chunkBytes(bytes, chunk);
      // Chunks that share bytes would be read, and kept, several times.
      if ((room.stored -= pages.length) < 0) {
        throw new Error("its columns are larger than the file");
      }
      let found = 0;
      for (const { type, values, uncompressedBytes } of pageHeaders(pages)) {
        const isTooLarge = uncompressedBytes > MOST_PAGE_BYTES ||
          (room.read -= uncompressedBytes) < 0;
        if (values > rows || isTooLarge) {
          throw new Error(
            `a page of ${values} values and ${uncompressedBytes} bytes in a group of ${rows} rows`,
          );
        }
        if (type !== INDEX && type !== DICTIONARY) found += values;
      }
      if (found !== rows || Number(chunk.num_values) !== rows) {
        throw new Error(`column ${name} has ${found} values in a group of ${rows} rows`);
      }
    }
  }
}

/** The footer's entry for a column of a row group. */
export type ChunkMetadata = NonNullable<
  FileMetaData["row_groups"][number]["columns"][number]["meta_data"]
>;

/** The bytes of its pages. @throws {Error} when they are not in the file */
export function chunkBytes(bytes: Uint8Array, chunk: ChunkMetadata): Uint8Array {
  const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  const end = start + Number(chunk.total_compressed_size);
  if (start >= 0 && end >= start && end <= bytes.length) return bytes.subarray(start, end);
  throw new Error(`column ${chunk.path_in_schema[0]} is outside the file`);
}

/** Elements of the top-level columns, by name. */
export function topElements(schema: readonly SchemaElement[]): Map<string, SchemaElement> {
  const found = new Map<string, SchemaElement>();
  for (let at = 1; at < schema.length;) {
    found.set(schema[at].name, schema[at]);
    for (let left = 1; left > 0 && at < schema.length; at++) {
      left += (schema[at].num_children ?? 0) - 1;
    }
  }
  return found;
}
