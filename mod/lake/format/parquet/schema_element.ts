import type { SchemaElement } from "hyparquet";
import { type ParquetType, STORE_TYPES } from "../../../schema/types.ts";
import type { WholeColumn } from "./column.ts";

/** Iceberg's timestamps: https://iceberg.apache.org/spec/#parquet */
const TIMESTAMP_MICROS: ParquetType = {
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
    ...(type === "timestamp" && fieldId !== undefined
      ? TIMESTAMP_MICROS
      : STORE_TYPES[type].parquet),
  };
}
