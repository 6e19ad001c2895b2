import type { ColumnType } from "./schema.ts";

/** A type in Parquet's schema: the physical one, and the logical one on top of it where there is one. */
export interface ParquetType {
  type: "BYTE_ARRAY" | "INT32" | "INT64" | "DOUBLE";
  /** The older name of the logical type, which every reader knows. */
  converted_type?: "UTF8" | "DATE" | "TIMESTAMP_MILLIS" | "TIMESTAMP_MICROS";
  logical_type?:
    | { type: "STRING" | "DATE" }
    | { type: "TIMESTAMP"; isAdjustedToUTC: boolean; unit: "MILLIS" | "MICROS" };
}

/** How one column type is called in each store. */
export interface StoreTypes {
  parquet: ParquetType;
  /** Type in Glue's catalog and in Athena's DDL. */
  glue: string;
  /** Type of the column in a STRICT SQLite table. Dates and timestamps are ISO 8601 text there. */
  sqlite: "TEXT" | "REAL" | "INTEGER";
}

/**
 * The types of every store, by column type. JSON lines carry a `date` as `YYYY-MM-DD` and a
 * `timestamp` as `YYYY-MM-DD HH:MM:SS.mmm` in UTC, the forms that Athena's JSON SerDe reads.
 */
export const STORE_TYPES: Readonly<Record<ColumnType, StoreTypes>> = {
  string: {
    parquet: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
    glue: "string",
    sqlite: "TEXT",
  },
  date: {
    parquet: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
    glue: "date",
    sqlite: "TEXT",
  },
  double: { parquet: { type: "DOUBLE" }, glue: "double", sqlite: "REAL" },
  long: { parquet: { type: "INT64" }, glue: "bigint", sqlite: "INTEGER" },
  timestamp: {
    parquet: {
      type: "INT64",
      converted_type: "TIMESTAMP_MILLIS",
      logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
    },
    glue: "timestamp",
    sqlite: "TEXT",
  },
};
