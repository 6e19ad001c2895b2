import { rowBuffer } from "../../../mod/lake/format/buffers.ts";
import { type Compression, compressionOf } from "../../../mod/lake/format/compression.ts";
import type { EncodeJob } from "../../../mod/lake/format/encode_job.ts";
import type { LakeFormat } from "../../../mod/lake/format/lake_format.ts";
import type { RowBuffer } from "../../../mod/lake/format/row_buffer.ts";
import { Partitioning } from "../../../mod/lake/partitioning.ts";
import { checkMessage } from "../../../mod/schema/check_message.ts";
import { MessageReader } from "../../../mod/schema/message_reader.ts";
import { readSchema } from "../../../mod/schema/read_schema.ts";
import type { RowSchema } from "../../../mod/schema/schema.ts";

/** A column of each type, required and not. */
export const EVERY_TYPE: RowSchema = readSchema({
  table: "everything",
  key: "s",
  columns: [
    { wire: "s", name: "s", type: "string", required: true },
    { wire: "os", name: "os", type: "string" },
    { wire: "d", name: "d", type: "date", required: true },
    { wire: "od", name: "od", type: "date" },
    { wire: "x", name: "x", type: "double", required: true },
    { wire: "ox", name: "ox", type: "double" },
    { wire: "n", name: "n", type: "long", required: true },
    { wire: "on", name: "on", type: "long" },
    { wire: "t", name: "t", type: "timestamp", required: true },
    { wire: "ot", name: "ot", type: "timestamp" },
  ],
}).schema!;

/** A row of {@linkcode EVERY_TYPE}, as a message has it. */
export interface SampleRow {
  s: string;
  os?: string | null;
  d: string;
  od?: string | null;
  x: number;
  ox?: number | null;
  n: number;
  on?: number | null;
  t: string;
  ot?: string | null;
}

/** Options of {@linkcode bufferRows}. */
export interface BufferOptions {
  schema?: RowSchema;
  partitionBy?: string;
  compression?: Compression;
  partition?: number;
  /** Kafka's timestamp of each row. @default {2026-11-24 08:00 UTC} */
  timestampMs?: (row: number) => number;
  /** Ids of an Iceberg table's columns. */
  fieldIds?: ReadonlyMap<string, number>;
}

export const TIMESTAMP_MS = Date.UTC(2026, 10, 24, 8);

/**
 * Rows (or the bytes of their messages) in a format's buffer, handed over for the encoder; offsets are
 * the rows' numbers from 1000.
 */
export function bufferRows(
  format: LakeFormat,
  rows: readonly unknown[],
  options: BufferOptions = {},
): { job: EncodeJob; paths: ReadonlyArray<ReadonlyArray<readonly [string, string]>> } {
  const buffer = filled(format, rows, options);
  return { job: buffer.take(), paths: buffer.paths };
}

/** Rows in a format's buffer. */
export function filled(
  format: LakeFormat,
  rows: readonly unknown[],
  options: BufferOptions = {},
): RowBuffer {
  const { schema = EVERY_TYPE, partitionBy = "dt", partition = 3, fieldIds } = options;
  const { timestampMs = () => TIMESTAMP_MS, compression = compressionOf(format, undefined) } =
    options;
  const partitioning = new Partitioning(partitionBy, schema);
  const buffer = rowBuffer(format, { schema, partitioning, compression, partition, fieldIds });
  const reader = new MessageReader(schema, (value) => checkMessage(schema, value));
  rows.forEach((row, i) => {
    const message = row instanceof Uint8Array ? row : encoder.encode(JSON.stringify(row));
    const reason = reader.read(message);
    if (reason !== null) throw new Error(`row ${i}: ${reason}`);
    buffer.append(reader, 1000 + i, timestampMs(i));
  });
  return buffer;
}

const encoder = new TextEncoder();

const DAY_MS = 86_400_000;

/** Rows with the values at the edges of each type. */
export function edgeRows(): SampleRow[] {
  const base = { s: "a", d: "2024-01-02", x: 1.5, n: 7, t: "2024-01-02 03:04:05" };
  return [
    { ...base, os: "b", od: "1969-12-31", ox: 0, on: 0, ot: "1969-12-31 23:59:59.999" },
    { ...base, s: "ü€𝄞", os: null, od: null, ox: null, on: null, ot: null },
    { ...base, s: "x".repeat(1000), x: 1.7976931348623157e308, ox: 5e-324 },
    { ...base, n: Number.MAX_SAFE_INTEGER, on: Number.MIN_SAFE_INTEGER, d: "0001-01-01" },
    { ...base, n: -1, on: -4294967297, d: "9999-12-31", x: -123456.789 },
    { ...base, s: '"\\/\u0001', os: " ", t: "1970-01-01 00:00:00.001" },
  ];
}

/** Many rows: few symbols, many distinct texts, now and then no value. */
export function manyRows(count: number): SampleRow[] {
  return Array.from({ length: count }, (_, i) => ({
    s: `S${i % 7}`,
    os: i % 3 === 0 ? null : `text ${i}`,
    d: new Date((19_000 + i % 900) * DAY_MS).toISOString().slice(0, 10),
    od: i % 5 === 0 ? null : "2020-02-29",
    x: Math.sin(i) * 1e6,
    ox: i % 4 === 0 ? null : i / 8,
    n: i * 65_537 - 1_000_000,
    on: i % 2 === 0 ? null : -i,
    t: new Date(TIMESTAMP_MS + i * 1001).toISOString(),
    ot: null,
  }));
}

/** Number of each row's group. */
export function groupsOf({ rows, groups }: EncodeJob): number[] {
  const numbers = groups instanceof Int32Array ? [groups] : groups ?? [new Int32Array(rows)];
  return numbers.flatMap((chunk) => [...chunk]).slice(0, rows);
}
