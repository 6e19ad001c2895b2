import type { FileMetaData } from "hyparquet";
import { pageHeaders } from "./page_headers.ts";

/** Rows of one row group; an array of as many numbers takes 512 MiB. */
const MOST_ROWS = 2 ** 26;

/** Bytes of one page when it is decompressed; writers make pages of about 1 MiB. */
const MOST_PAGE_BYTES = 256 * 2 ** 20;

/**
 * Makes sure, before a file is read, that what it says of its sizes is possible: the reader makes room for as
 * many values as a page claims to have, so that a few wrong bytes would take gigabytes.
 * @param columns names of those that are read
 * @throws {Error} naming what is not
 */
export function checkPages(
  bytes: Uint8Array,
  metadata: FileMetaData,
  columns: readonly string[],
): void {
  const wanted = new Set(columns);
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    if (!(rows >= 0 && rows <= MOST_ROWS)) throw new Error(`a row group of ${rows} rows`);
    for (const { meta_data: chunk } of group.columns) {
      if (chunk === undefined || !wanted.has(chunk.path_in_schema[0])) continue;
      const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
      const end = start + Number(chunk.total_compressed_size);
      if (!(start >= 0 && end >= start && end <= bytes.length)) {
        throw new Error(`column ${chunk.path_in_schema[0]} lies outside of the file`);
      }
      for (const { values, uncompressedBytes } of pageHeaders(bytes.subarray(start, end))) {
        if (values > rows || uncompressedBytes > MOST_PAGE_BYTES) {
          throw new Error(`a page of ${values} values in a group of ${rows} rows`);
        }
      }
    }
  }
}
