import { type FileMetaData, type ParquetParsers, parquetRead } from "hyparquet";
import { checkPages, topElements } from "../../lake/format/parquet/check_pages.ts";
import { checkValues } from "../../lake/format/parquet/check_values.ts";
import { DECOMPRESSORS } from "../../lake/format/parquet/decompress_page.ts";
import { wholeBuffer } from "../../lake/format/parquet/whole_buffer.ts";

/** Dates and times stay the numbers that the file has: they are compared, not shown. */
const PARSERS: Partial<ParquetParsers> = {
  dateFromDays: (days) => days,
  timestampFromMilliseconds: (ms) => ms,
  timestampFromMicroseconds: (us) => us,
  timestampFromNanoseconds: (ns) => ns,
};

/**
 * The values of some columns of a Parquet file, of any type, in the order of its rows.
 * @throws {Error} when it is damaged, or claims more than its bytes can hold
 */
export async function fileColumns(
  bytes: Uint8Array,
  metadata: FileMetaData,
  names: readonly string[],
): Promise<unknown[][]> {
  const columns = [...new Set(names)];
  const values = new Map(columns.map((name) => [name, [] as unknown[]]));
  if (columns.length === 0) return [];
  checkPages(bytes, metadata, columns);
  const elements = topElements(metadata.schema);
  for (const chunk of metadata.row_groups.flatMap(({ columns }) => columns)) {
    const [name = ""] = chunk.meta_data?.path_in_schema ?? [];
    if (values.has(name)) checkValues(bytes, chunk, elements.get(name)!);
  }
  await parquetRead({
    file: wholeBuffer(bytes),
    metadata,
    columns,
    parsers: PARSERS,
    compressors: DECOMPRESSORS,
    onChunk({ columnName, columnData }) {
      const own = values.get(columnName)!;
      for (let i = 0; i < columnData.length; i++) own.push(columnData[i]);
    },
  });
  return names.map((name) => values.get(name)!);
}
