import type { TableDescription } from "../table.ts";
import type { TableCatalog } from "./catalog.ts";
import type { TableFiles } from "./table_files.ts";

/** What an Iceberg table is made of. */
export interface IcebergTableParts {
  catalog: TableCatalog;
  files: TableFiles;
  description: TableDescription;
  /** Milliseconds that a range waits for those of other partitions, to share a snapshot. */
  gatherMs: number;
  /** Called for each commit: whether it was taken, or is repeated because another writer was faster. */
  onCommit?(isTaken: boolean): void;
  /** Whether opening a log adds the columns that the table lacks. @default {false} */
  addsColumns?: boolean;
}
