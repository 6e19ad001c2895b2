import type { Column, RowSchema } from "../schema/schema.ts";
import { sentColumns } from "./field_name.ts";
import { jsonText } from "./plain_value.ts";
import type { PayloadWriter } from "./message_writer.ts";

const TYPES: Readonly<Record<Column["type"], Record<string, string>>> = {
  string: { type: "string" },
  date: { type: "string", format: "date" },
  double: { type: "number" },
  long: { type: "integer" },
  // With a space between day and time it is not what JSON Schema calls a date-time.
  timestamp: { type: "string" },
};

/** Writes rows as JSON, with a JSON Schema of theirs. */
export function jsonSchemaWriter(schema: RowSchema): PayloadWriter {
  const columns = sentColumns(schema);
  const text = JSON.stringify({
    $schema: "http://json-schema.org/draft-07/schema#",
    title: schema.table,
    type: "object",
    properties: Object.fromEntries(
      columns.map(({ wire, type, description }) => [wire, { ...TYPES[type], description }]),
    ),
    required: columns.filter(({ required }) => required).map(({ wire }) => wire),
  });
  return {
    type: "JSON",
    text,
    isSame: () => false,
    write: (row) => new TextEncoder().encode(jsonText(row)),
  };
}
