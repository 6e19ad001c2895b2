import type { MessageReader } from "../../schema/message_reader.ts";
import type { Partitioning } from "../partitioning.ts";
import type { RowSchema } from "../../schema/schema.ts";
import type { Compression } from "./compression.ts";
import type { EncodeJob } from "./encode_job.ts";

/** The rows of the flush being filled, in a form that is small to hold and quick to encode. */
export interface RowBuffer {
  /** Number of rows. */
  readonly rows: number;
  /** Bytes of memory held. */
  readonly byteLength: number;
  /** Hive path of each group of rows, by the group's number. */
  readonly paths: ReadonlyArray<ReadonlyArray<readonly [column: string, value: string]>>;
  /**
   * Adds the reader's current row.
   * @returns `null`, or why no object can hold it; then nothing was added
   */
  append(reader: MessageReader, offset: number, timestampMs: number): string | null;
  /** Why no object can hold the reader's current row; `null` if one can. */
  refusal(reader: MessageReader, timestampMs: number): string | null;
  /** Releases the rows for encoding; the buffer cannot be used afterwards. */
  take(): EncodeJob;
}

/** What a format needs for holding the rows of one flush. */
export interface RowBufferOptions {
  schema: RowSchema;
  partitioning: Partitioning;
  compression: Compression;
  /** The Kafka partition. */
  partition: number;
  /**
   * Ids of an Iceberg table's columns, by name: Parquet files then carry them, have timestamps in
   * microseconds and repeat the columns that the path holds.
   */
  fieldIds?: ReadonlyMap<string, number>;
}
