import type { ColumnChunk, Encoding, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { DAY_MS } from "../../schema/calendar.ts";
import type { ColumnType } from "../../schema/schema.ts";
import { bitWidth, writeBitPacked } from "./bit_packing.ts";
import type { ColumnJob, EncodedObject, JobColumn } from "./encode_job.ts";
import { joinChunks, rowsByGroup } from "./encode_job.ts";
import { compressSnappy } from "./snappy.ts";

/**
 * Rows of a page. Small enough that a reader need not hold much, large enough that headers cost
 * nothing (256 KiB of doubles).
 */
const PAGE_ROWS = 32_768;

const MAGIC = 0x31524150; // "PAR1", little-endian

/**
 * Writes each group of rows as one Parquet file: version 1 data pages (every reader has them),
 * snappy, a dictionary where values repeat, minimum and maximum of each column. The bytes are a
 * function of the rows alone. The pages are encoded here straight from typed arrays, four to five
 * times as fast as hyparquet-writer's general way; headers and footer are the library's.
 */
export function* encodeParquet(job: ColumnJob): Generator<EncodedObject> {
  const columns = job.columns.map((column) => wholeColumn(column, job.rows));
  if (job.groups === undefined) {
    const bytes = parquetFile(columns, job.rows, (column) => column);
    release(columns);
    yield { group: 0, rows: job.rows, bytes };
    return;
  }
  const groups = joinChunks(job.groups, new Int32Array(job.rows));
  const { order, ends } = rowsByGroup(groups, job.rows, job.groupCount);
  for (let group = 0; group < job.groupCount; group++) {
    const rows = order.subarray(group === 0 ? 0 : ends[group - 1], ends[group]);
    const bytes = parquetFile(columns, rows.length, (column) => gather(column, rows));
    yield { group, rows: rows.length, bytes };
  }
  release(columns);
}

/** Lets go of the columns' memory: the collector would let that of several jobs pile up. */
function release(columns: WholeColumn[]): void {
  for (const { absent, numbers, integers } of columns) {
    for (const values of [absent, numbers, integers]) {
      if (values !== undefined) (values.buffer as ArrayBuffer).transfer(0);
    }
  }
}

/** A column with its chunks put together. */
interface WholeColumn extends Omit<JobColumn, "absent" | "numbers" | "integers"> {
  absent?: Uint8Array;
  numbers?: Float64Array;
  integers?: Int32Array;
}

function wholeColumn(column: JobColumn, rows: number): WholeColumn {
  const { absent, numbers, integers, constant } = column;
  return {
    ...column,
    absent: absent && joinChunks(absent, new Uint8Array(rows)),
    numbers: constant === undefined
      ? numbers && joinChunks(numbers, new Float64Array(rows))
      : new Float64Array(rows).fill(constant),
    integers: integers && joinChunks(integers, new Int32Array(rows)),
  };
}

/** The values of some rows of a column. */
function gather(column: WholeColumn, rows: Int32Array): WholeColumn {
  const { numbers, integers, absent } = column;
  return {
    ...column,
    numbers: numbers && Float64Array.from({ length: rows.length }, (_, i) => numbers[rows[i]]),
    integers: integers && Int32Array.from({ length: rows.length }, (_, i) => integers[rows[i]]),
    absent: absent && Uint8Array.from({ length: rows.length }, (_, i) => absent[rows[i]]),
  };
}

function parquetFile(
  columns: WholeColumn[],
  rows: number,
  select: (column: WholeColumn) => WholeColumn,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(rows * 64 + 4096);
  writer.appendUint32(MAGIC);
  const chunks = columns.map((column) => writeChunk(writer, select(column), rows));
  const size = chunks.reduce((sum, { meta_data }) => sum + meta_data!.total_uncompressed_size, 0n);
  writeMetadata(writer, {
    version: 2,
    created_by: "ticklake",
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(schemaElement),
    ],
    num_rows: BigInt(rows),
    row_groups: [{
      columns: chunks,
      total_byte_size: size,
      num_rows: BigInt(rows),
      total_compressed_size: BigInt(writer.offset - 4),
    }],
    metadata_length: 0,
  });
  writer.appendUint32(MAGIC);
  // Cut to size: the buffer travels to another thread and is held until it is uploaded.
  const file = new Uint8Array(writer.getBuffer());
  writer.buffer.transfer(0);
  return file;
}

const ELEMENTS: Record<ColumnType, Omit<SchemaElement, "name" | "repetition_type">> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  double: { type: "DOUBLE" },
  long: { type: "INT64" },
  timestamp: {
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
};

/** Iceberg's timestamps: https://iceberg.apache.org/spec/#parquet */
const TIMESTAMP_MICROS: Omit<SchemaElement, "name" | "repetition_type"> = {
  type: "INT64",
  converted_type: "TIMESTAMP_MICROS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
};

function schemaElement({ name, type, optional, fieldId }: WholeColumn): SchemaElement {
  return {
    name,
    repetition_type: optional ? "OPTIONAL" : "REQUIRED",
    field_id: fieldId,
    ...(type === "timestamp" && fieldId !== undefined ? TIMESTAMP_MICROS : ELEMENTS[type]),
  };
}

function writeChunk(writer: ByteWriter, column: WholeColumn, rows: number): ColumnChunk {
  const begin = writer.offset;
  const absent = column.optional ? column.absent : undefined;
  const present = absent === undefined ? rows : rows - absent.reduce((sum, a) => sum + a, 0);
  const dense = present === rows ? column : withoutAbsent(column, present);
  const encoded = encodeValues(dense, present);
  let uncompressed = 0;
  let dictionaryOffset: bigint | undefined;
  if (encoded.dictionary !== undefined) {
    dictionaryOffset = BigInt(begin);
    uncompressed += writePage(writer, encoded.dictionary.bytes, (sizes) => ({
      type: "DICTIONARY_PAGE",
      ...sizes,
      dictionary_page_header: { num_values: encoded.dictionary!.size, encoding: "PLAIN" },
    }));
  }
  const dataOffset = BigInt(writer.offset);
  let valueBegin = 0;
  for (let row = 0; row === 0 || row < rows; row += PAGE_ROWS) {
    const pageRows = Math.min(PAGE_ROWS, rows - row);
    const levels = column.optional ? definitionLevels(absent, row, pageRows) : undefined;
    const valueEnd = absent === undefined
      ? valueBegin + pageRows
      : valueBegin + pageRows - absent.subarray(row, row + pageRows).reduce((sum, a) => sum + a, 0);
    const values = encoded.page(valueBegin, valueEnd);
    valueBegin = valueEnd;
    uncompressed += writePage(writer, joined(levels, values), (sizes) => ({
      type: "DATA_PAGE",
      ...sizes,
      data_page_header: {
        num_values: pageRows,
        encoding: encoded.encoding,
        definition_level_encoding: "RLE",
        repetition_level_encoding: "RLE",
      },
    }));
  }
  return {
    file_offset: BigInt(begin),
    meta_data: {
      type: ELEMENTS[column.type].type!,
      encodings: encoded.dictionary === undefined
        ? ["PLAIN", "RLE"]
        : ["PLAIN", "RLE", encoded.encoding],
      path_in_schema: [column.name],
      codec: "SNAPPY",
      num_values: BigInt(rows),
      total_uncompressed_size: BigInt(uncompressed),
      total_compressed_size: BigInt(writer.offset - begin),
      data_page_offset: dataOffset,
      dictionary_page_offset: dictionaryOffset,
      statistics: { ...encoded.bounds, null_count: BigInt(rows - present) },
    },
  };
}

type PageHeader = Parameters<typeof writePageHeader>[1];
type PageSizes = Pick<PageHeader, "uncompressed_page_size" | "compressed_page_size">;

/** Writes one page; gives its size before compression, its header included. */
function writePage(
  writer: ByteWriter,
  bytes: Uint8Array,
  header: (sizes: PageSizes) => PageHeader,
): number {
  const compressed = compressSnappy(bytes);
  const begin = writer.offset;
  writePageHeader(
    writer,
    header({ uncompressed_page_size: bytes.length, compressed_page_size: compressed.length }),
  );
  const headerSize = writer.offset - begin;
  writer.appendBytes(compressed);
  return headerSize + bytes.length;
}

function joined(first: Uint8Array | undefined, second: Uint8Array): Uint8Array {
  if (first === undefined) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Definition levels of version 1 pages: their length in four bytes, then bit-packed 1 for present. */
function definitionLevels(absent: Uint8Array | undefined, row: number, rows: number): Uint8Array {
  const present = Int32Array.from({ length: rows }, (_, i) => absent?.[row + i] === 1 ? 0 : 1);
  const packed = writeBitPacked(present, 0, rows, 1);
  const bytes = new Uint8Array(4 + packed.length);
  new DataView(bytes.buffer).setUint32(0, packed.length, true);
  bytes.set(packed, 4);
  return bytes;
}

function withoutAbsent(column: WholeColumn, present: number): WholeColumn {
  const rows = new Int32Array(present);
  const absent = column.absent!;
  for (let row = 0, i = 0; i < present; row++) {
    if (absent[row] === 0) rows[i++] = row;
  }
  return gather(column, rows);
}

/** A column's values, ready to be cut into pages. */
interface EncodedValues {
  encoding: Encoding;
  dictionary?: { bytes: Uint8Array; size: number };
  /** Bytes of the values `[begin, end)`. */
  page(begin: number, end: number): Uint8Array;
  bounds: { min_value?: Bound; max_value?: Bound };
}

type Bound = NonNullable<NonNullable<ColumnChunk["meta_data"]>["statistics"]>["min_value"];

function encodeValues(column: WholeColumn, count: number): EncodedValues {
  switch (column.type) {
    case "string":
      return encodeStrings(column, count);
    case "date":
      return encodeDates(column.integers!, count);
    case "double":
      return encodeDoubles(column.numbers!, count);
    default:
      return encodeLongs(
        column.numbers!,
        count,
        column.type === "timestamp",
        column.type === "timestamp" && column.fieldId !== undefined ? 1000 : 1,
      );
  }
}

function encodeDoubles(numbers: Float64Array, count: number): EncodedValues {
  const [min, max] = numberBounds(numbers, count);
  return {
    encoding: "PLAIN",
    // Parquet's and the machine's byte order are both little-endian on every platform Deno has.
    page: (begin, end) =>
      new Uint8Array(numbers.buffer, numbers.byteOffset + begin * 8, (end - begin) * 8),
    // Zeros of both signs are within [-0, +0]: parquet-format, Statistics.
    bounds: count === 0 ? {} : { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max },
  };
}

/** @param scale by which each number is multiplied, at most 2^20 */
function encodeLongs(
  numbers: Float64Array,
  count: number,
  timestamp: boolean,
  scale: number,
): EncodedValues {
  const [min, max] = numberBounds(numbers, count);
  const bytesOf = (begin: number, end: number) =>
    scale === 1 ? longBytes(numbers, begin, end) : scaledLongBytes(numbers, begin, end, scale);
  const bound = (value: number) => timestamp ? new Date(value) : BigInt(value);
  const bounds = count === 0 ? {} : { min_value: bound(min), max_value: bound(max) };
  if (count > 0 && min === max) {
    return { ...oneValue(bytesOf(0, 1)), bounds };
  }
  return { encoding: "PLAIN", page: bytesOf, bounds };
}

/** A column that has one value throughout: a dictionary of one entry, and a run. */
function oneValue(bytes: Uint8Array): Omit<EncodedValues, "bounds"> {
  return {
    encoding: "RLE_DICTIONARY",
    dictionary: { bytes, size: 1 },
    page: (begin, end) => dictionaryPage(new Int32Array(end - begin), 0, end - begin, 1),
  };
}

/** Whole numbers up to 2^53 as 64-bit integers, little-endian, two's complement. */
function longBytes(numbers: Float64Array, begin: number, end: number): Uint8Array {
  const words = new Int32Array((end - begin) * 2);
  for (let i = begin, w = 0; i < end; i++, w += 2) {
    const high = Math.floor(numbers[i] / 4_294_967_296);
    words[w] = numbers[i] - high * 4_294_967_296;
    words[w + 1] = high;
  }
  return new Uint8Array(words.buffer);
}

/** As {@linkcode longBytes}, each times `scale`, also where the product is above 2^53. */
function scaledLongBytes(
  numbers: Float64Array,
  begin: number,
  end: number,
  scale: number,
): Uint8Array {
  const words = new Int32Array((end - begin) * 2);
  for (let i = begin, w = 0; i < end; i++, w += 2) {
    const high = Math.floor(numbers[i] / 4_294_967_296);
    const low = (numbers[i] - high * 4_294_967_296) * scale;
    const carry = Math.floor(low / 4_294_967_296);
    words[w] = low - carry * 4_294_967_296;
    words[w + 1] = high * scale + carry;
  }
  return new Uint8Array(words.buffer);
}

function numberBounds(numbers: Float64Array, count: number): [min: number, max: number] {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < count; i++) {
    const number = numbers[i];
    if (number < min) min = number;
    if (number > max) max = number;
  }
  return [min, max];
}

/** Widest span of days that is put into a dictionary through a table: 179 years. */
const MAX_DAY_SPAN = 65_536;

function encodeDates(days: Int32Array, count: number): EncodedValues {
  let min = 0x7fffffff;
  let max = -0x80000000;
  for (let i = 0; i < count; i++) {
    if (days[i] < min) min = days[i];
    if (days[i] > max) max = days[i];
  }
  const bounds = count === 0
    ? {}
    : { min_value: new Date(min * DAY_MS), max_value: new Date(max * DAY_MS) };
  if (count === 0 || max - min >= MAX_DAY_SPAN) {
    return {
      encoding: "PLAIN",
      page: (begin, end) => new Uint8Array(days.slice(begin, end).buffer),
      bounds,
    };
  }
  const numbers = new Int32Array(max - min + 1);
  const distinct = new Int32Array(Math.min(numbers.length, count));
  const indexes = new Int32Array(count);
  let size = 0;
  for (let i = 0; i < count; i++) {
    const slot = days[i] - min;
    if (numbers[slot] === 0) {
      distinct[size] = days[i];
      numbers[slot] = ++size;
    }
    indexes[i] = numbers[slot] - 1;
  }
  return {
    encoding: "RLE_DICTIONARY",
    dictionary: { bytes: new Uint8Array(distinct.buffer, 0, size * 4), size },
    page: (begin, end) => dictionaryPage(indexes, begin, end, size),
    bounds,
  };
}

function encodeStrings(column: WholeColumn, count: number): EncodedValues {
  const { bytes, ends } = column.values!;
  const integers = column.integers!;
  const start = (value: number) => value === 0 ? 0 : ends[value - 1];
  // This file may have a part of the flush's strings: number those that it has, as they appear.
  const numbers = new Int32Array(ends.length);
  const distinct: number[] = [];
  const indexes = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const value = integers[i];
    if (numbers[value] === 0) numbers[value] = distinct.push(value);
    indexes[i] = numbers[value] - 1;
  }
  const bounds = count === 0 ? {} : stringBounds(bytes, distinct.map((v) => [start(v), ends[v]]));
  const plain = (values: ArrayLike<number>, begin: number, end: number) => {
    const writer = new ByteWriter();
    for (let i = begin; i < end; i++) {
      const value = values[i];
      writer.appendUint32(ends[value] - start(value));
      writer.appendBytes(bytes.subarray(start(value), ends[value]));
    }
    return writer.getBytes();
  };
  // A dictionary that hardly repeats costs more than it saves.
  if (distinct.length * 2 > count && distinct.length > 1) {
    return { encoding: "PLAIN", page: (begin, end) => plain(integers, begin, end), bounds };
  }
  return {
    encoding: "RLE_DICTIONARY",
    dictionary: { bytes: plain(distinct, 0, distinct.length), size: distinct.length },
    page: (begin, end) => dictionaryPage(indexes, begin, end, distinct.length),
    bounds,
  };
}

/** Bytes of a string that its bounds keep; a longer one has none, which readers take as unknown. */
const MAX_BOUND_BYTES = 128;

function stringBounds(bytes: Uint8Array, spans: Array<[start: number, end: number]>) {
  let [min, max] = [spans[0], spans[0]];
  for (const span of spans) {
    if (compareBytes(bytes, span, min) < 0) min = span;
    if (compareBytes(bytes, span, max) > 0) max = span;
  }
  const bound = ([start, end]: [number, number]) =>
    end - start > MAX_BOUND_BYTES ? undefined : bytes.slice(start, end);
  return { min_value: bound(min), max_value: bound(max) };
}

function compareBytes(bytes: Uint8Array, a: [number, number], b: [number, number]): number {
  const length = Math.min(a[1] - a[0], b[1] - b[0]);
  for (let i = 0; i < length; i++) {
    const difference = bytes[a[0] + i] - bytes[b[0] + i];
    if (difference !== 0) return difference;
  }
  return (a[1] - a[0]) - (b[1] - b[0]);
}

/** Indexes into a dictionary: their width in bits, then packed. */
function dictionaryPage(
  indexes: Int32Array,
  begin: number,
  end: number,
  dictionarySize: number,
): Uint8Array {
  const width = bitWidth(dictionarySize - 1);
  return joined(Uint8Array.of(width), writeBitPacked(indexes, begin, end, width));
}
