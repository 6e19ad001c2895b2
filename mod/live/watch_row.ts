import { safeText } from "../terminal/safe_text.ts";
import { isoDay } from "../schema/calendar.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";

const decoder = new TextDecoder();

/** One row with its position, with the schema's wire names and values as in messages. */
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

/** The same on a line in logfmt: `name=value`, both quoted unless they are one plain word. */
export function rowLine(row: Record<string, unknown>): string {
  const { timestamp: _, ...values } = row;
  return Object.entries(values)
    .map(([name, value]) =>
      `${/^[\w.-]+$/.test(name) ? name : safeText(JSON.stringify(name))}=${word(value)}`
    )
    .join(" ");
}

function word(value: unknown): string {
  if (value === null) return "null";
  const text = String(value);
  // Strings that look like numbers or null are quoted too, so that types stay distinguishable.
  const plain = typeof value !== "string" ||
    /^(?!null$|true$|false$)[A-Za-z_][\w.:/-]*$/.test(text);
  return plain ? text : safeText(JSON.stringify(text));
}
