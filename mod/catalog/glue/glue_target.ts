import { lakeRoot } from "../../aws/lake_root.ts";
import type { GlueClient } from "@aws-sdk/client-glue";
import type { Api } from "../../aws/api.ts";
import { DEAD_LETTER_ROOT, tableFolder } from "../../lake/layout.ts";
import type { Column, RowSchema } from "../../schema/schema.ts";
import { tableColumns } from "../lake_table.ts";
import { type CatalogColumn, catalogColumns } from "../../schema/schema_change.ts";

/** Glue, as the set-up talks to it. */
export type GlueApi = Api<GlueClient>;

/** What the catalog in Glue is to be. */
export interface GlueTarget {
  bucket: string;
  /** Path of the lake in the bucket, without `/` at its ends. */
  prefix: string;
  schema: RowSchema;
  /** Form of the lake's objects. */
  format: "parquet" | "jsonl";
  /** Hive partition columns, in the order of the path. */
  partitionColumns: readonly string[];
  database: string;
  crawler: string;
  /** Role of the crawler, a name or an ARN; `undefined`: that of the crawler that is there. */
  role?: string;
  /** Checked schedule; `""`: none; `undefined`: that of the crawler that is there. */
  schedule?: string;
  /** Whether the table computes its partitions instead of a crawler. */
  projection: boolean;
}

/**
 * Text in the description of all that the set-up makes. By it `--delete` knows what is ours.
 */
export const MARK = "Made by ticklake setup-catalog";

/** The folder of the table's objects. */
export function tableLocation(target: GlueTarget): string {
  return lakeRoot(target) + tableFolder(target.schema.table);
}

/** Globs, below the crawled folder, of what is not a table of quotes. */
export const EXCLUSIONS: readonly string[] = [
  `${DEAD_LETTER_ROOT}/**`,
  `**/${DEAD_LETTER_ROOT}/**`,
];

/** Columns of the objects, without those that the path holds. */
export function objectColumns({ schema, partitionColumns }: GlueTarget): CatalogColumn[] {
  return catalogColumns(
    tableColumns(schema).filter(({ name }) => !partitionColumns.includes(name)),
  );
}

/** Columns of the path. Days and hours are text, as a crawler would say. */
export function pathColumns({ schema, partitionColumns }: GlueTarget): CatalogColumn[] {
  const own = new Map<string, Column>(schema.columns.map((column) => [column.name, column]));
  return partitionColumns.map((name) => {
    const column = own.get(name);
    return column === undefined ? { name, type: "string" } : catalogColumns([column])[0];
  });
}
