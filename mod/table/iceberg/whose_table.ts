import { Failure } from "../../failure/failure.ts";
import { ORIGIN_COLUMNS } from "../../schema/schema.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { currentSchema, currentSnapshot, type TableMetadata } from "./metadata.ts";
import type { TableFiles } from "./table_files.ts";

/** Names of this program's properties, and of its entries in summaries, begin so. */
const OWN_PREFIX = "ticklake.";

/** Where a table is, for messages. */
export interface NamedTable {
  catalog: TableCatalog;
  /** The table's name. */
  table: string;
}

/**
 * Why a table cannot be one of this program's; `undefined` if it can be. Every release creates tables with the
 * columns that say where a row comes from.
 */
export function otherProgramReason(metadata: TableMetadata): string | undefined {
  const known = new Set(currentSchema(metadata).fields.map(({ name }) => name));
  const missing = ORIGIN_COLUMNS.find(({ name }) => !known.has(name));
  return missing && `it has no column ${missing.name}`;
}

/**
 * Requires a table to be one that this program can have made.
 * @param kind of the failure
 * @throws {Failure} if another program made it
 */
export function requireOurs(
  { metadata }: LoadedTable,
  place: NamedTable,
  kind: "usage" | "failed" = "failed",
): void {
  const reason = otherProgramReason(metadata);
  if (reason === undefined) return;
  throw ofOthers(place, `was made by another program: ${reason}`, kind);
}

/**
 * Requires that this program has written the table's rows, or that it has none.
 * @throws {Failure} kind `failed`, if all its snapshots are of another program
 */
export function requireOurRows(base: LoadedTable, place: NamedTable): void {
  requireOurs(base, place);
  const { metadata } = base;
  if (currentSnapshot(metadata) === undefined) return;
  const { properties = {}, snapshots = [] } = metadata;
  const written = [properties, ...snapshots.map(({ summary }) => summary)];
  const isOurs = written.some((entries) =>
    Object.keys(entries).some((name) => name.startsWith(OWN_PREFIX))
  );
  if (isOurs) return;
  throw ofOthers(
    place,
    "has rows, but no position of any log: another program wrote them",
    "failed",
  );
}

/**
 * Requires a table to be in this lake, or moved to it with its files.
 * @throws {Failure} kind `failed`, if it is in another place
 */
export async function requireHere(
  { metadata, metadataFile }: LoadedTable,
  files: TableFiles,
): Promise<void> {
  const { location } = metadata;
  if (!files.isMoved(location)) return;
  // In another folder of this lake, where a catalog has put it, data files would be at another path than named.
  if (files.isBelow(location)) throw files.elsewhere(location);
  if (files.isBelow(metadataFile)) return;
  const snapshot = currentSnapshot(metadata);
  // Of a table without rows, no file tells where it is.
  if (snapshot === undefined) throw files.elsewhere(location);
  await files.get(snapshot["manifest-list"], location);
}

function ofOthers(
  { catalog, table }: NamedTable,
  what: string,
  kind: "usage" | "failed",
): Failure {
  return new Failure(kind, `table ${table} in ${catalog.description} ${what}`, {
    fix: "Give the schema another table name, or choose another --database. `ticklake verify " +
      "--table-of-others` compares such a table with its topic; to drop it, use the program that made it.",
  });
}
