import { Partitioning } from "../../../mod/lake/partitioning.ts";
import { rowBuffer } from "../../../mod/lake/format/buffers.ts";
import { encode } from "../../../mod/lake/format/encode.ts";
import type { EncodedObject } from "../../../mod/lake/format/encode_job.ts";
import type { LakeFormat, RowBuffer } from "../../../mod/lake/format/row_buffer.ts";
import { DAY_MS, isoDay } from "../../../mod/schema/calendar.ts";
import { checkMessage } from "../../../mod/schema/check_message.ts";
import { MessageReader } from "../../../mod/schema/message_reader.ts";
import type { TypedRow } from "../../../mod/schema/row.ts";
import type { RowSchema } from "../../../mod/schema/schema.ts";

/** Kafka partition of all rows. */
export const PARTITION = 3;

/** Instant of the first row; each is a second later than the one before. */
const START_MS = Date.UTC(2026, 10, 24, 23, 30);

/** Every type, with and without a value in each row. */
export const WIDE: RowSchema = {
  table: "wide",
  key: "text",
  columns: [
    { wire: "text", name: "text", type: "string", required: true },
    { wire: "day", name: "day", type: "date", required: true },
    { wire: "real", name: "real", type: "double", required: true },
    { wire: "whole", name: "whole", type: "long", required: true },
    { wire: "instant", name: "instant", type: "timestamp", required: true },
    { wire: "text?", name: "maybe_text", type: "string", required: false },
    { wire: "day?", name: "maybe_day", type: "date", required: false },
    { wire: "real?", name: "maybe_real", type: "double", required: false },
    { wire: "whole?", name: "maybe_whole", type: "long", required: false },
    { wire: "instant?", name: "maybe_instant", type: "timestamp", required: false },
  ],
  notBelow: [],
};

/** Offset of row `i`: not that of its place, as topics have holes. */
export function offsetOf(i: number): number {
  return 1_000_000 + i * 2;
}

/** Kafka's timestamp of row `i`. */
export function timestampOf(i: number): number {
  return START_MS + i * 1000;
}

/** The message that says a row. */
export function messageOf(schema: RowSchema, row: TypedRow): Uint8Array {
  const members = schema.columns.flatMap(({ wire, type }, c) => {
    const value = row[c];
    if (value === null) return [];
    return `${JSON.stringify(wire)}:${typeof value === "string" ? JSON.stringify(value) : said()}`;
    function said(): string {
      if (type === "date") return `"${isoDay(value as number)}"`;
      if (type === "timestamp") return `"${new Date(value as number).toISOString()}"`;
      return Object.is(value, -0) ? "-0" : String(value);
    }
  });
  return new TextEncoder().encode(`{${members.join(",")}}`);
}

/** What a flush is made of. */
export interface Flush {
  format: LakeFormat;
  schema: RowSchema;
  rows: TypedRow[];
  /** As `--partition-by`. @default {"none"} */
  partitionBy?: string;
}

/** A buffer with rows that went the way of every message. */
export function filled({ format, schema, rows, partitionBy = "none" }: Flush): RowBuffer {
  const partitioning = new Partitioning(partitionBy, schema);
  const buffer = rowBuffer(format, { schema, partitioning, partition: PARTITION });
  const reader = new MessageReader(schema, (value) => checkMessage(schema, value));
  rows.forEach((row, i) => {
    const reason = reader.read(messageOf(schema, row));
    if (reason !== null) throw new Error(`row ${i}: ${reason}`);
    buffer.append(reader, offsetOf(i), timestampOf(i));
  });
  return buffer;
}

/** The objects of a flush. */
export function objectsOf(flush: Flush): EncodedObject[] {
  return [...encode(filled(flush).take())];
}

/** Values by column: days of dates, milliseconds of timestamps. */
export type Columns = Record<string, Array<string | number | null>>;

/** The columns that a file with all of these rows must have. */
export function columnsOf(schema: RowSchema, rows: TypedRow[]): Columns {
  const columns: Columns = {};
  schema.columns.forEach(({ name }, c) => columns[name] = rows.map((row) => row[c]));
  columns.kafka_partition = rows.map(() => PARTITION);
  columns.kafka_offset = rows.map((_, i) => offsetOf(i));
  columns.kafka_timestamp = rows.map((_, i) => timestampOf(i));
  return columns;
}

/** A row of {@linkcode WIDE} whose values change with `i`, some of them absent. */
export function wideRow(i: number): TypedRow {
  const values: TypedRow = [
    `text ${i % 100}`,
    i % 3000 - 1000,
    (i - 500) / 8,
    (i - 500) * 1_000_003,
    i * 997 - DAY_MS,
  ];
  const maybe: TypedRow = [`é${i}`, -i, i / 3, -i * 4_294_967_296, i * 1001];
  return [...values, ...maybe.map((value, c) => (i + c) % 3 === 0 ? null : value)];
}
