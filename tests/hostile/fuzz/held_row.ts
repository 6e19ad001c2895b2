import type { MessageReader } from "../../../mod/schema/message_reader.ts";
import type { RowSchema } from "../../../mod/schema/schema.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The row that a reader holds after it has accepted a message, as a check gives it. */
export function heldRow(
  { columns }: RowSchema,
  reader: MessageReader,
): Array<string | number | bigint | null> {
  return columns.map(({ type }, c) => {
    if (reader.absent[c] === 1) return null;
    return type === "string"
      ? decoder.decode(reader.bytes.subarray(reader.starts[c], reader.ends[c]))
      : (reader.hasWide ? reader.wide[c] : undefined) ?? reader.numbers[c];
  });
}
