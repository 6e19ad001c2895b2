import { CompactReader, FALSE, STRUCT } from "./compact_reader.ts";

/** The header of a page. Source: parquet-format, parquet.thrift, PageHeader. */
export interface PageHeader {
  /** 0 data, 1 index, 2 dictionary, 3 data of version 2. */
  type: number;
  uncompressedBytes: number;
  compressedBytes: number;
  /** Number of values including nulls; 0 in an index. */
  values: number;
  /** Number of the values' encoding; -1 in an index. */
  encoding: number;
  /** Version 2: number of nulls. */
  nulls: number;
  /** Version 2: bytes of the levels, which precede the values and are never compressed. */
  levelBytes: number;
  /** Version 2: whether the values are compressed. */
  isCompressed: boolean;
  /** Where its bytes begin in the chunk. */
  at: number;
}

/** Maximum bytes of one header; its statistics contain a minimum and a maximum. */
const MOST_HEADER_BYTES = 4 * 2 ** 20;

/** Numbers of the types of page. Source: parquet-format, parquet.thrift, PageType. */
export const [DATA, INDEX, DICTIONARY, DATA_V2] = [0, 1, 2, 3];

/** Field of each page type's struct. */
const STRUCT_OF = { [DATA]: 5, [INDEX]: 6, [DICTIONARY]: 7, [DATA_V2]: 8 };

/**
 * The headers of the pages in a column chunk, without reading the pages.
 * @param bytes the chunk's
 * @throws {Error} when they are not valid Thrift compact protocol, or point outside the chunk
 */
export function* pageHeaders(bytes: Uint8Array): Generator<PageHeader> {
  for (let at = 0; at < bytes.length;) {
    const reader = new CompactReader(bytes.subarray(at, at + MOST_HEADER_BYTES));
    const header = readHeader(reader);
    header.at = at + reader.at;
    at = header.at + header.compressedBytes;
    if (at > bytes.length) throw new Error("a page is truncated");
    yield header;
  }
}

function readHeader(reader: CompactReader): PageHeader {
  const [values, encoding, nulls, levelBytes, isCompressed, at] = [0, -1, 0, 0, true, 0];
  const header: PageHeader = {
    ...{ type: -1, uncompressedBytes: -1, compressedBytes: -1 },
    ...{ values, encoding, nulls, levelBytes, isCompressed, at },
  };
  const structs: number[] = [];
  reader.struct((field, type) => {
    if (field === 1) header.type = reader.integer(type);
    else if (field === 2) header.uncompressedBytes = reader.integer(type);
    else if (field === 3) header.compressedBytes = reader.integer(type);
    else if (field >= 5 && field <= 8 && type === STRUCT) {
      structs.push(field);
      if (field === 8) readVersion2(reader, header);
      else readVersion1(reader, header);
    } else reader.skip(type);
  });
  // Readers use the struct of the page's type: a second one would have gone unchecked.
  const { type, uncompressedBytes, compressedBytes, nulls: none, levelBytes: levels } = header;
  const isSound = structs.length === 1 && structs[0] === STRUCT_OF[type] &&
    Math.min(uncompressedBytes, compressedBytes, header.values, none, levels) >= 0 &&
    none <= header.values && levels <= Math.min(compressedBytes, uncompressedBytes);
  if (!isSound) throw new Error("a page is damaged");
  return header;
}

/** A data page of version 1, or a dictionary. */
function readVersion1(reader: CompactReader, header: PageHeader): void {
  reader.struct((field, type) => {
    if (field === 1) header.values = reader.integer(type);
    else if (field === 2) header.encoding = reader.integer(type);
    else reader.skip(type);
  });
}

function readVersion2(reader: CompactReader, header: PageHeader): void {
  const levels = [0, 0];
  reader.struct((field, type) => {
    if (field === 1) header.values = reader.integer(type);
    else if (field === 2) header.nulls = reader.integer(type);
    else if (field === 4) header.encoding = reader.integer(type);
    else if (field === 5 || field === 6) levels[field - 5] = reader.integer(type);
    else if (field === 7) header.isCompressed = type !== FALSE;
    else reader.skip(type);
  });
  if (Math.min(...levels) < 0) throw new Error("a page is damaged");
  header.levelBytes = levels[0] + levels[1];
}
