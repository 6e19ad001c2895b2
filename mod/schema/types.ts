import type { ColumnType } from "./schema.ts";

/** How one column type is called in each store. */
export interface StoreTypes {
  /** Parquet's physical type, and the logical one on top of it where there is one. */
  parquet: {
    physical: "BYTE_ARRAY" | "INT32" | "INT64" | "DOUBLE";
    /** Parquet's ConvertedType, which every reader knows. */
    converted?: "UTF8" | "DATE" | "TIMESTAMP_MILLIS";
  };
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
    parquet: { physical: "BYTE_ARRAY", converted: "UTF8" },
    glue: "string",
    sqlite: "TEXT",
  },
  date: { parquet: { physical: "INT32", converted: "DATE" }, glue: "date", sqlite: "TEXT" },
  double: { parquet: { physical: "DOUBLE" }, glue: "double", sqlite: "REAL" },
  long: { parquet: { physical: "INT64" }, glue: "bigint", sqlite: "INTEGER" },
  timestamp: {
    parquet: { physical: "INT64", converted: "TIMESTAMP_MILLIS" },
    glue: "timestamp",
    sqlite: "TEXT",
  },
};
