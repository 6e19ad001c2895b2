import { isoDay } from "../schema/calendar.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";

const decoder = new TextDecoder();

/** One row with its place, in the schema's wire names and in the forms that messages have. */
export function rowObject(
  { columns }: RowSchema,
  reader: MessageReader,
  partition: number,
  offset: number,
  timestampMs: number,
): Record<string, unknown> {
  const row: Record<string, unknown> = {
    partition,
    offset,
    timestamp: new Date(timestampMs).toISOString(),
  };
  columns.forEach(({ wire, type }, c) => {
    const number = reader.numbers[c];
    row[wire] = reader.absent[c]
      ? null
      : type === "string"
      ? decoder.decode(reader.bytes.subarray(reader.starts[c], reader.ends[c]))
      : type === "date"
      ? isoDay(number)
      : type === "timestamp"
      ? new Date(number).toISOString()
      : number;
  });
  return row;
}

/** The same on a line for people. */
export function rowLine(row: Record<string, unknown>): string {
  const { partition, offset, timestamp: _, ...values } = row;
  const text = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${partition}/${offset} ${text.join(" ")}`;
}
