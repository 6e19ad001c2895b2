import { type DecodedArray, type FileMetaData, type ParquetParsers, parquetRead } from "hyparquet";
import type { Column } from "../../../schema/schema.ts";
import { checkPages, topElements } from "./check_pages.ts";
import { checkValues } from "./check_values.ts";
import { readFooter } from "./footer.ts";
import { readColumn } from "./read_column.ts";
import { DECOMPRESSORS } from "./decompress_page.ts";
import type { ObjectRows } from "../object_rows.ts";
import { type CellValue, dayText } from "../cell_value.ts";
import { wholeBuffer } from "./whole_buffer.ts";

/** hyparquet's own decoder drops a byte order mark, which is part of the value. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Values stay numbers until the column's type is applied: a Date per row would be slow. */
const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && UTF8.decode(bytes),
  dateFromDays: (days) => days === undefined ? null : dayText(days),
  timestampFromMilliseconds: (ms) => ms,
  timestampFromMicroseconds: (us) => us === undefined ? us : us / 1000n,
  timestampFromNanoseconds: (ns) => ns === undefined ? ns : ns / 1_000_000n,
};

/**
 * The requested columns of a Parquet file, one batch per row group. A column that the file lacks is
 * left out: it is null.
 * @param metadata the file's footer, if already read
 * @throws {Error} when it is damaged, or claims more than its bytes can hold
 */
export async function parquetBatches(
  bytes: Uint8Array,
  wanted: ReadonlyArray<Pick<Column, "name" | "type">>,
  metadata: FileMetaData = readFooter(bytes),
): Promise<ObjectRows["batches"]> {
  const file = wholeBuffer(bytes);
  const elements = topElements(metadata.schema);
  const types = new Map(wanted.map(({ name, type }) => [name, type]));
  const columns = [...types.keys()].filter((name) => elements.has(name));
  checkPages(bytes, metadata, columns);
  const batches: ObjectRows["batches"] = [];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const found = new Map<string, ArrayLike<CellValue>>();
    for (const name of columns) {
      const element = elements.get(name)!;
      const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name);
      const values = chunk && readColumn(bytes, chunk, element);
      if (values !== undefined) found.set(name, values);
      else if (chunk !== undefined) checkValues(bytes, chunk, element);
    }
    const others = columns.filter((name) => !found.has(name));
    const pages = new Map<string, DecodedArray[]>(others.map((name) => [name, []]));
    if (others.length > 0) {
      await parquetRead({
        file,
        metadata,
        columns: others,
        rowStart,
        rowEnd: rowStart + rows,
        parsers: PARSERS,
        compressors: DECOMPRESSORS,
        onChunk: ({ columnName, columnData }) => pages.get(columnName)!.push(columnData),
      });
    }
    for (const name of others) {
      found.set(name, columnOf(pages.get(name)!, types.get(name) === "double"));
    }
    batches.push({ rows, columns: found });
    rowStart += rows;
  }
  return batches;
}

function columnOf(pages: DecodedArray[], double: boolean): ArrayLike<CellValue> {
  const joined = pages.length === 1 ? pages[0] : join(pages);
  // Typed arrays hold no nulls, and suit only columns of doubles.
  if (!Array.isArray(joined) && !(double && joined instanceof BigInt64Array)) {
    return joined as ArrayLike<CellValue>;
  }
  return Array.from(
    joined as ArrayLike<CellValue | undefined>,
    (value) =>
      value === undefined ? null : double && typeof value === "bigint" ? Number(value) : value,
  );
}

function join(pages: DecodedArray[]): ArrayLike<unknown> {
  const values = new Array(pages.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const page of pages) {
    for (let i = 0; i < page.length; i++) values[at++] = page[i];
  }
  return values;
}
