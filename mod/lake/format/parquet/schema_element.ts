import type { SchemaElement } from "hyparquet";
import type { ColumnType } from "../../../schema/schema.ts";
import type { WholeColumn } from "./column.ts";

/** How Parquet names each type. */
export const ELEMENTS: Record<ColumnType, Omit<SchemaElement, "name" | "repetition_type">> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  double: { type: "DOUBLE" },
  long: { type: "INT64" },
  timestamp: {
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
};

/** Iceberg's timestamps: https://iceberg.apache.org/spec/#parquet */
const TIMESTAMP_MICROS: Omit<SchemaElement, "name" | "repetition_type"> = {
  type: "INT64",
  converted_type: "TIMESTAMP_MICROS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
};

/** A column as the file's schema describes it. */
export function schemaElement({ name, type, optional, fieldId }: WholeColumn): SchemaElement {
  return {
    name,
    repetition_type: optional ? "OPTIONAL" : "REQUIRED",
    field_id: fieldId,
    ...(type === "timestamp" && fieldId !== undefined ? TIMESTAMP_MICROS : ELEMENTS[type]),
  };
}
