import { checkPages } from "../lake/format/parquet/check_pages.ts";
import { gunzipSync } from "node:zlib";
import { parquetMetadata, parquetRead } from "hyparquet";
import { footerTypes } from "../lake/format/parquet/footer_types.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { DECOMPRESSORS } from "../lake/format/parquet/decompress_page.ts";
import type { NamedObject } from "./tiling.ts";
import { wholeBuffer } from "../lake/format/parquet/whole_buffer.ts";

/** Kafka's coordinates of an object's rows, as they stand in it. */
export interface ObjectOffsets {
  /** The rows' `kafka_partition`, each value once. */
  partitions: Set<number>;
  /** The rows' `kafka_offset`, in the object's order. */
  offsets: number[];
  /** Kafka's timestamp of the first row, milliseconds since 1970; absent for dead letters. */
  timestampMs?: number;
  /** Each row's `kafka_partition`, in the same order. */
  partitionOf: number[];
  /** Of Parquet: the columns' types, see {@linkcode footerTypes}. */
  types?: ReadonlyMap<string, string>;
  /** Each row's place in its message's array, in the same order, where that was asked for. */
  indexes?: number[];
}

/**
 * Reads which offsets are in an object: rows in Parquet or JSON lines, or dead letters.
 * @param indexColumn column with a row's place in its message's array; without it messages are one row
 * @throws {Failure} kind `rejected`, naming the object, when it cannot be read
 */
export async function objectOffsets(
  { name, parsed }: NamedObject,
  bytes: Uint8Array,
  indexColumn?: string,
): Promise<ObjectOffsets> {
  try {
    if (parsed.extension === "parquet") return await parquetOffsets(bytes, indexColumn);
    const text = new TextDecoder().decode(
      parsed.extension === "jsonl.gz" ? gunzipSync(bytes) : bytes,
    );
    return parsed.kind === "dead-letters"
      ? lineOffsets(text, "partition", "offset")
      : lineOffsets(text, "kafka_partition", "kafka_offset", indexColumn);
  } catch (cause) {
    throw new Failure("rejected", `object ${name} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix:
        "It is damaged or not ticklake's. `ticklake repair` writes its offsets again, as long as the " +
        "topic keeps them.",
    });
  }
}

const TIMESTAMP = "kafka_timestamp";
const COLUMNS = ["kafka_partition", "kafka_offset"];

async function parquetOffsets(
  bytes: Uint8Array,
  indexColumn: string | undefined,
): Promise<ObjectOffsets> {
  const file = wholeBuffer(bytes);
  const found: ObjectOffsets = { partitions: new Set(), offsets: [], partitionOf: [] };
  const metadata = parquetMetadata(file);
  found.types = footerTypes(metadata);
  const there = metadata.schema.map(({ name }) => name);
  for (const column of COLUMNS) {
    if (!there.includes(column)) throw new Error(`it has no column ${column}`);
  }
  // Objects of the time before the column have one row a message.
  const hasIndex = indexColumn !== undefined && there.includes(indexColumn);
  const columns = hasIndex ? [...COLUMNS, indexColumn] : COLUMNS;
  if (hasIndex) found.indexes = [];
  checkPages(bytes, metadata, columns);
  await parquetRead({
    file,
    metadata,
    columns,
    compressors: DECOMPRESSORS,
    onChunk({ columnName, columnData }) {
      const values = columnData as ArrayLike<bigint>;
      if (columnName === "kafka_offset") {
        for (let i = 0; i < values.length; i++) found.offsets.push(Number(values[i]));
      } else if (columnName === indexColumn) {
        for (let i = 0; i < values.length; i++) found.indexes!.push(Number(values[i] ?? 0));
      } else {
        for (let i = 0; i < values.length; i++) {
          const partition = Number(values[i]);
          found.partitionOf.push(partition);
          found.partitions.add(partition);
        }
      }
    },
  });
  await parquetRead({
    file,
    metadata,
    columns: [TIMESTAMP],
    rowEnd: 1,
    compressors: DECOMPRESSORS,
    onChunk({ columnData }) {
      found.timestampMs ??= Number(columnData[0]);
    },
  });
  return found;
}

function lineOffsets(
  text: string,
  partition: string,
  offset: string,
  indexColumn?: string,
): ObjectOffsets {
  const found: ObjectOffsets = { partitions: new Set(), offsets: [], partitionOf: [] };
  if (indexColumn !== undefined) found.indexes = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const row = JSON.parse(line) as Record<string, unknown>;
    if (typeof row[offset] !== "number" || typeof row[partition] !== "number") {
      throw new Error(`a line has no ${partition} and ${offset}`);
    }
    found.partitions.add(row[partition]);
    found.partitionOf.push(row[partition]);
    found.offsets.push(row[offset]);
    if (indexColumn !== undefined) found.indexes!.push(Number(row[indexColumn] ?? 0));
    const time = row[TIMESTAMP];
    if (typeof time === "string") {
      found.timestampMs ??= Date.parse(`${time.replace(" ", "T")}Z`);
    }
  }
  return found;
}
