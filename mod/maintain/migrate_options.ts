import type { LakeStore } from "../lake/store.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { RecordedLog } from "../table/hive/table_state.ts";
import type { TableCatalog } from "../table/iceberg/catalog.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";

/** Options of a migration to Iceberg. */
export interface MigrateOptions {
  store: LakeStore;
  catalog: TableCatalog;
  files: TableFiles;
  schema: RowSchema;
  partitionBy: string;
  /** Makes the Iceberg table where it is not there. */
  create(): Promise<void>;
  /** Members that a group has now. */
  members(group: string): Promise<number>;
  /** Only say what would be done. */
  dryRun: boolean;
  signal: AbortSignal;
  onProgress?(done: number, all: number): void;
}

/** A log of the Hive table, as it will be in the Iceberg table. */
export interface MigratedLog extends RecordedLog {
  /** Its id in the table's properties. */
  id: string;
}
