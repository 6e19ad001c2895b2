import { ByteWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import type { Compression } from "../compression.ts";
import type { ColumnJob, EncodedObject } from "../encode_job.ts";
import { joinChunks, rowsByGroup } from "../encode_job.ts";
import { gather, release, type WholeColumn, wholeColumn } from "./column.ts";
import { writeColumnChunk } from "./column_chunk.ts";
import { schemaElement } from "./schema_element.ts";

const MAGIC = 0x31524150; // "PAR1", little-endian

/**
 * Writes each group of rows as one Parquet file of one row group: version 1 data pages (every
 * reader supports them), and for each column the encoding that suits its values, a minimum and a
 * maximum. The bytes are a function of the rows and the compression alone. The pages are encoded
 * here directly from typed arrays, several times as fast as hyparquet-writer's general code;
 * headers and footer are the library's.
 */
export function* encodeParquet(job: ColumnJob): Generator<EncodedObject> {
  const { rows, groupCount, compression } = job;
  const columns = job.columns.map((column) => wholeColumn(column, rows));
  if (job.groups === undefined) {
    const bytes = parquetFile(columns, rows, compression, (column) => column);
    release(columns);
    yield { group: 0, rows, bytes };
    return;
  }
  const groups = joinChunks(job.groups, new Int32Array(rows));
  const { order, ends } = rowsByGroup(groups, rows, groupCount);
  for (let group = 0; group < groupCount; group++) {
    const some = order.subarray(group === 0 ? 0 : ends[group - 1], ends[group]);
    // A folder of a message that was rejected for another of its rows.
    if (some.length === 0) continue;
    const bytes = parquetFile(columns, some.length, compression, (column) => gather(column, some));
    yield { group, rows: some.length, bytes };
  }
  release(columns);
}

function parquetFile(
  columns: WholeColumn[],
  rows: number,
  compression: Compression,
  select: (column: WholeColumn) => WholeColumn,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(rows * 32 + 4096);
  writer.appendUint32(MAGIC);
  const chunks = columns.map((column) =>
    writeColumnChunk(writer, select(column), rows, compression)
  );
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
  // Trimmed to size: the buffer goes to another thread and is held until it is uploaded.
  const file = new Uint8Array(writer.getBuffer());
  writer.buffer.transfer(0);
  return file;
}
