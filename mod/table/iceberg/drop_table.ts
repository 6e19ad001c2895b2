import type { TableCatalog } from "./catalog.ts";
import { currentSnapshot } from "./metadata.ts";
import type { TableFiles } from "./table_files.ts";
import { requireHere, requireOurRows } from "./whose_table.ts";

/** What {@linkcode dropTable} needs. */
export interface DropOptions {
  catalog: TableCatalog;
  files: TableFiles;
  /** The table's name, for messages. */
  table: string;
  /** Only say what would be done. */
  dryRun: boolean;
}

/**
 * Removes this program's table from its catalog; its files stay.
 * @returns whether there was one
 * @throws {Failure} kind `failed`, for a table of another program, or of another lake
 */
export async function dropTable(
  { catalog, files, table, dryRun }: DropOptions,
): Promise<boolean> {
  const base = await catalog.load();
  if (base === undefined) return false;
  requireOurRows(base, { catalog, table });
  // Of an empty one nothing is lost, wherever its catalog has put it.
  if (currentSnapshot(base.metadata) !== undefined) await requireHere(base, files);
  if (!dryRun) await catalog.drop();
  return true;
}
