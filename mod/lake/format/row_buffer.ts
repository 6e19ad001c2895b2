import type { MessageReader } from "../../schema/message_reader.ts";
import type { Partitioning } from "../partitioning.ts";
import type { RowSchema } from "../../schema/schema.ts";
import type { Compression } from "./compression.ts";
import type { EncodeJob } from "./encode_job.ts";

/** Rows of one flush in the making, in a form that is small to hold and quick to encode. */
export interface RowBuffer {
  /** Number of rows. */
  readonly rows: number;
  /** Bytes of memory held. */
  readonly byteLength: number;
  /** Hive path of each group of rows, by the group's number. */
  readonly paths: ReadonlyArray<ReadonlyArray<readonly [column: string, value: string]>>;
  /**
   * Adds the row that the reader holds.
   * @returns `null`, or why there can be no object for it; nothing was added then
   */
  append(reader: MessageReader, offset: number, timestampMs: number): string | null;
  /** Why there can be no object for the row that the reader holds; `null` where there can. */
  refusal(reader: MessageReader, timestampMs: number): string | null;
  /** Hands the rows over for encoding; the buffer is spent. */
  take(): EncodeJob;
}

/** What a format needs to know to hold the rows of one flush. */
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
