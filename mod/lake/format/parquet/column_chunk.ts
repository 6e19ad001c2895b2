import type { ColumnChunk } from "hyparquet";
import type { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import type { Compression } from "../compression.ts";
import { type WholeColumn, withoutAbsent } from "./column.ts";
import { CODECS, compressPage } from "./compress_page.ts";
import { encodeDays, encodeDoubles, encodeLongs, encodeTimestamps } from "./encode_numbers.ts";
import { encodeWideLongs } from "./encode_wide_longs.ts";
import { encodeStrings } from "./encode_strings.ts";
import type { EncodedValues } from "./encoded_values.ts";
import { writeHybrid } from "./hybrid.ts";
import { Scratch } from "./scratch.ts";
import { STORE_TYPES } from "../../../schema/types.ts";

/**
 * Rows per page. Small enough that a reader need not hold much, large enough that headers cost next
 * to nothing (256 KiB of doubles).
 */
const PAGE_ROWS = 32_768;

const levelNumbers = new Scratch((length) => new Int32Array(length));
const levelBytes = new Scratch((length) => new Uint8Array(length));
const joinedBytes = new Scratch((length) => new Uint8Array(length));

/** Writes a column's pages: a dictionary if it has one, then version 1 data pages. */
export function writeColumnChunk(
  writer: ByteWriter,
  column: WholeColumn,
  rows: number,
  compression: Compression,
): ColumnChunk {
  const begin = writer.offset;
  const absent = column.optional ? column.absent : undefined;
  const present = absent === undefined ? rows : rows - absent.reduce((sum, a) => sum + a, 0);
  const encoded = encodeValues(present === rows ? column : withoutAbsent(column, present), present);
  const { dictionary, encoding } = encoded;
  const pages = new PageWriter(writer, compression);
  if (dictionary !== undefined) {
    pages.write(dictionary.bytes, {
      type: "DICTIONARY_PAGE",
      dictionary_page_header: { num_values: dictionary.size, encoding: "PLAIN" },
    });
  }
  const dataOffset = BigInt(writer.offset);
  let valueBegin = 0;
  let count = 0;
  for (let row = 0; row === 0 || row < rows; row += PAGE_ROWS) {
    const pageRows = Math.min(PAGE_ROWS, rows - row);
    const levels = column.optional ? definitionLevels(absent, row, pageRows) : undefined;
    const valueEnd = absent === undefined
      ? valueBegin + pageRows
      : valueBegin + pageRows - absent.subarray(row, row + pageRows).reduce((sum, a) => sum + a, 0);
    pages.write(joined(levels, encoded.page(valueBegin, valueEnd)), {
      type: "DATA_PAGE",
      data_page_header: {
        num_values: pageRows,
        encoding,
        definition_level_encoding: "RLE",
        repetition_level_encoding: "RLE",
      },
    });
    valueBegin = valueEnd;
    count++;
  }
  const stats = [{ page_type: "DATA_PAGE" as const, encoding, count }];
  return {
    file_offset: BigInt(begin),
    meta_data: {
      type: STORE_TYPES[column.type].parquet.type,
      encodings: dictionary === undefined ? [encoding, "RLE"] : ["PLAIN", "RLE", encoding],
      path_in_schema: [column.name],
      codec: CODECS[compression],
      num_values: BigInt(rows),
      total_uncompressed_size: BigInt(pages.uncompressed),
      total_compressed_size: BigInt(writer.offset - begin),
      data_page_offset: dataOffset,
      dictionary_page_offset: dictionary && BigInt(begin),
      statistics: { ...encoded.bounds, null_count: BigInt(rows - present) },
      encoding_stats: dictionary === undefined
        ? stats
        : [{ page_type: "DICTIONARY_PAGE", encoding: "PLAIN", count: 1 }, ...stats],
    },
  };
}

function encodeValues(column: WholeColumn, count: number): EncodedValues {
  switch (column.type) {
    case "string":
      return encodeStrings(column, count);
    case "double":
      return encodeDoubles(column.numbers!, count);
    case "date":
      return encodeDays(column.integers!, count);
    case "timestamp":
      return encodeTimestamps(column.numbers!, count, column.fieldId === undefined ? 1 : 1000);
    default:
      return column.wide === undefined || column.wide.size === 0
        ? encodeLongs(column.numbers!, count)
        : encodeWideLongs(column.numbers!, column.wide, count);
  }
}

type PageHeader = Omit<
  Parameters<typeof writePageHeader>[1],
  "uncompressed_page_size" | "compressed_page_size"
>;

class PageWriter {
  readonly #writer: ByteWriter;
  readonly #compression: Compression;
  /** Size of the pages before compression, their headers included. */
  uncompressed = 0;

  constructor(writer: ByteWriter, compression: Compression) {
    this.#writer = writer;
    this.#compression = compression;
  }

  write(bytes: Uint8Array, header: PageHeader): void {
    const writer = this.#writer;
    compressPage(bytes, this.#compression, (compressed) => {
      const begin = writer.offset;
      writePageHeader(writer, {
        ...header,
        uncompressed_page_size: bytes.length,
        compressed_page_size: compressed.length,
      });
      this.uncompressed += writer.offset - begin + bytes.length;
      writer.appendBytes(compressed);
    });
  }
}

function joined(first: Uint8Array | undefined, second: Uint8Array): Uint8Array {
  if (first === undefined) return second;
  const both = joinedBytes.take(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Definition levels of version 1 pages: their length in four bytes, then 1 for present, 0 for absent. */
function definitionLevels(absent: Uint8Array | undefined, row: number, rows: number): Uint8Array {
  const present = levelNumbers.take(rows);
  for (let i = 0; i < rows; i++) present[i] = absent?.[row + i] === 1 ? 0 : 1;
  const packed = writeHybrid(present, 0, rows, 1);
  const bytes = levelBytes.take(4 + packed.length);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, packed.length, true);
  bytes.set(packed, 4);
  return bytes;
}
