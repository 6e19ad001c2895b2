import avro from "avsc";
import { checkValue } from "../../schema/check_value.ts";
import type { Column, RowSchema } from "../../schema/schema.ts";
import { fieldName, sentColumns } from "../field_name.ts";
import type { PayloadWriter } from "../message_writer.ts";
import { wideLongs } from "./wide_long.ts";

const TYPES: Readonly<Record<Column["type"], avro.Schema>> = {
  string: "string",
  date: { type: "int", logicalType: "date" },
  double: "double",
  long: "long",
  timestamp: { type: "long", logicalType: "timestamp-millis" },
};

/** The Avro schema of the rows of a table, as JSON. */
export function avroSchema(schema: RowSchema): string {
  return JSON.stringify({
    type: "record",
    name: schema.table,
    namespace: "ticklake",
    fields: sentColumns(schema).map((column) => ({
      name: fieldName(column),
      ...column.description === undefined ? {} : { doc: column.description },
      ...column.required
        ? { type: TYPES[column.type] }
        : { type: ["null", TYPES[column.type]], default: null },
    })),
  });
}

/** Writes rows by {@linkcode avroSchema}. */
export function avroWriter(schema: RowSchema): PayloadWriter {
  const text = avroSchema(schema);
  const type = avro.Type.forSchema(JSON.parse(text), {
    typeHook: wideLongs([]),
    // Otherwise it chooses a union's branch by the value's JavaScript type, and does not know bigint.
    wrapUnions: "always",
  });
  const columns = sentColumns(schema).map((column) => ({ column, name: fieldName(column) }));
  return {
    type: "AVRO",
    text,
    // Their canonical forms have the same fingerprint.
    isSame: (other) =>
      avro.Type.forSchema(JSON.parse(other)).fingerprint().equals(type.fingerprint()),
    write(row) {
      const record: Record<string, unknown> = {};
      for (const { column, name } of columns) {
        const value = checkValue(column, row[column.wire]);
        record[name] = column.required || value === null ? value : { [branch(column)]: value };
      }
      return type.toBuffer(record);
    },
  };
}

/** The name of an optional column's type in its union. */
function branch({ type }: Column): string {
  const avroType = TYPES[type];
  return typeof avroType === "string" ? avroType : (avroType as { type: string }).type;
}
