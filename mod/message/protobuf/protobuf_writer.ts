import type protobuf from "protobufjs";
import { DAY_MS } from "../../schema/calendar.ts";
import { checkValue } from "../../schema/check_value.ts";
import type { Column, RowSchema } from "../../schema/schema.ts";
import { fieldName, sentColumns } from "../field_name.ts";
import type { PayloadWriter } from "../message_writer.ts";
import { protoFile } from "./proto_file.ts";

const TYPES: Readonly<Record<Column["type"], string>> = {
  string: "string",
  date: "google.type.Date",
  double: "double",
  long: "int64",
  timestamp: "google.protobuf.Timestamp",
};

const FILES: Partial<Record<Column["type"], string>> = {
  date: "google/type/date.proto",
  timestamp: "google/protobuf/timestamp.proto",
};

/** The `.proto` file of the rows of a table. A column's number is its place, so new ones go last. */
export function protobufSchema(schema: RowSchema): string {
  const columns = sentColumns(schema);
  const files = new Set(columns.flatMap(({ type }) => FILES[type] ?? []));
  const fields = columns.map((column, i) => {
    // With presence a missing value is not zero. Message fields always have it.
    const presence = column.required || FILES[column.type] !== undefined ? "" : "optional ";
    return `  ${presence}${TYPES[column.type]} ${fieldName(column)} = ${i + 1};`;
  });
  return [
    'syntax = "proto3";',
    "package ticklake;",
    ...[...files].map((file) => `import "${file}";`),
    `message ${schema.table} {`,
    ...fields,
    "}",
    "",
  ].join("\n");
}

/** Writes rows by {@linkcode protobufSchema}. */
export async function protobufWriter(schema: RowSchema): Promise<PayloadWriter> {
  const text = protobufSchema(schema);
  const [type] = await protoFile(text, () => undefined);
  const columns = sentColumns(schema).map((column) => ({ column, name: fieldName(column) }));
  return {
    type: "PROTOBUF",
    text,
    // The first message of the file, in Confluent's frame and in AWS Glue's.
    indexes: Uint8Array.of(0),
    async isSame(other) {
      const [first] = await protoFile(other, () => undefined);
      return fieldsOf(first) === fieldsOf(type);
    },
    write(row) {
      const message: Record<string, unknown> = {};
      for (const { column, name } of columns) {
        const value = checkValue(column, row[column.wire]);
        if (value !== null) message[name] = protoForm(column, value);
      }
      return type.encode(message).finish();
    },
  };
}

function protoForm({ type }: Column, value: unknown): unknown {
  if (type === "timestamp") {
    const seconds = Math.floor(value as number / 1000);
    return { seconds, nanos: (value as number - seconds * 1000) * 1e6 };
  }
  // It would write 0 for a bigint; it accepts a 64-bit number as two halves.
  if (typeof value === "bigint") {
    return { low: Number(BigInt.asIntN(32, value)), high: Number(value >> 32n), unsigned: false };
  }
  if (type !== "date") return value;
  const day = new Date((value as number) * DAY_MS);
  return { year: day.getUTCFullYear(), month: day.getUTCMonth() + 1, day: day.getUTCDate() };
}

function fieldsOf({ fieldsArray }: protobuf.Type): string {
  return JSON.stringify(
    fieldsArray.map((
      { id, name, type, resolvedType, repeated, map },
    ) => [id, name, resolvedType?.fullName ?? type, repeated, map]).sort(([a], [b]) =>
      Number(a) - Number(b)
    ),
  );
}
