import { type DecodedArray, parquetMetadata, type ParquetParsers, parquetRead } from "hyparquet";
import type { Column } from "../../../schema/schema.ts";
import { checkPages } from "./check_pages.ts";
import { readColumn } from "./read_column.ts";
import { DECOMPRESSORS } from "./decompress_page.ts";
import type { ObjectRows } from "../object_rows.ts";
import { type CellValue, dayText } from "../cell_value.ts";
import { wholeBuffer } from "./whole_buffer.ts";

/** hyparquet's own takes a byte order mark, which is part of the value, for the beginning of a file. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Values stay numbers until a column's type says what they are: a Date a row would be slow. */
const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && UTF8.decode(bytes),
  dateFromDays: (days) => days === undefined ? null : dayText(days),
  timestampFromMilliseconds: (ms) => ms,
  timestampFromMicroseconds: (us) => us === undefined ? us : us / 1000n,
  timestampFromNanoseconds: (ns) => ns === undefined ? ns : ns / 1_000_000n,
};

/**
 * The wanted columns of a Parquet file, a batch for each row group. A column that the file does not
 * have is left out: it is null.
 */
export async function parquetBatches(
  bytes: Uint8Array,
  wanted: readonly Column[],
): Promise<ObjectRows["batches"]> {
  const file = wholeBuffer(bytes);
  const metadata = parquetMetadata(file);
  const there = new Set(metadata.schema.map(({ name }) => name));
  const types = new Map(wanted.map(({ name, type }) => [name, type]));
  const columns = [...types.keys()].filter((name) => there.has(name));
  // Only where no column has columns of its own are they told apart by their names.
  const isFlat = metadata.schema[0].num_children === metadata.schema.length - 1;
  const elements = new Map(
    isFlat ? metadata.schema.slice(1).map((element) => [element.name, element]) : [],
  );
  checkPages(bytes, metadata, columns);
  const batches: ObjectRows["batches"] = [];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const found = new Map<string, ArrayLike<CellValue>>();
    for (const name of columns) {
      const element = elements.get(name);
      const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name);
      const values = element && chunk && readColumn(new Uint8Array(file), chunk, element);
      if (values !== undefined) found.set(name, values);
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
  // Typed arrays hold no nulls, and only numbers where a double is wanted.
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
