import { Failure } from "../../failure/failure.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import type { TableMetadata } from "./metadata.ts";

/**
 * Creates a table, unless another process does at the same time.
 * @param table its name, for messages
 * @returns the table as it is then, and whether this call created it
 * @throws {Failure} kind `service`, when the catalog says that it exists and has none to load
 */
export async function createTable(
  catalog: TableCatalog,
  table: string,
  metadata: TableMetadata,
): Promise<{ base: LoadedTable; isNew: boolean }> {
  const isNew = await catalog.create(metadata);
  const base = await catalog.load();
  if (base !== undefined) return { base, isNew };
  if (isNew) {
    throw new Failure(
      "service",
      `table ${table} was created and is gone from ${catalog.description}`,
      {
        fix:
          "Another program dropped it at once, or the catalog answers from a stale copy. Try again.",
      },
    );
  }
  throw new Failure(
    "service",
    `${catalog.description} refuses to create table ${table} because it exists, but has no such table ` +
      "when it is loaded",
    {
      fix:
        "Another program is dropping or creating it, the catalog answers from a stale copy, or it hides the " +
        "table from these credentials. Try again; if it persists, grant reading the table, or give the " +
        "schema another table name.",
    },
  );
}
