import type { LoadedTable } from "./catalog.ts";

/** Property that says that the rows of the Hive table of this name are in the table: it is done once. */
export const MIGRATED = "ticklake.migrated";

/** Whether a migration has been completed. */
export function isMigrated(base: LoadedTable | undefined): boolean {
  return base?.metadata.properties?.[MIGRATED] !== undefined;
}
