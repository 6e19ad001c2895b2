import { Failure, messageOf } from "../../failure/failure.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { currentSnapshot, type TableMetadata } from "./metadata.ts";
import type { TableFiles } from "./table_files.ts";

/** Where a table is to be created. */
export interface CreateOptions {
  catalog: TableCatalog;
  files: TableFiles;
  /** The table's name, for messages. */
  table: string;
}

/**
 * Creates a table, unless another process does at the same time.
 * @returns the table as it is then, and whether this call created it
 * @throws {Failure} kind `service`, when the catalog says that it exists and has none to load; kind `failed`,
 * when the catalog has created it in another place than this lake
 */
export async function createTable(
  options: CreateOptions,
  metadata: TableMetadata,
): Promise<{ base: LoadedTable; isNew: boolean }> {
  const { catalog, table } = options;
  const isNew = await catalog.create(metadata);
  const base = await catalog.load();
  if (base !== undefined) {
    if (isNew && options.files.isMoved(base.metadata.location)) {
      throw await createdElsewhere(base, options);
    }
    return { base, isNew };
  }
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

/** The failure for a table that the catalog has put into another place; the table is dropped again. */
async function createdElsewhere(
  base: LoadedTable,
  { catalog, files, table }: CreateOptions,
): Promise<Failure> {
  const { location } = base.metadata;
  const left = await dropEmpty(base, catalog);
  return new Failure(
    "failed",
    `${catalog.description} created table ${table} at ${location}, not at ${files.location}, where ` +
      `ticklake writes it; ${
        left === undefined ? "it was dropped again" : `it is still there: ${left}`
      }`,
    {
      fix:
        "A catalog that assigns the location, such as S3 Tables, cannot be used. Use one that keeps the " +
        "location it is given, or --iceberg-catalog glue or directory." +
        (left === undefined ? "" : " Drop the empty table with the catalog's own tools."),
    },
  );
}

/**
 * Drops a table that this call has just created, if nobody has written to it.
 * @returns why it was not dropped; `undefined` if it was
 */
async function dropEmpty(
  { metadata: { "table-uuid": created } }: LoadedTable,
  catalog: TableCatalog,
): Promise<string | undefined> {
  try {
    const now = await catalog.load();
    if (now === undefined) return undefined;
    const { metadata } = now;
    if (metadata["table-uuid"] !== created || currentSnapshot(metadata) !== undefined) {
      return "another program has written to it since";
    }
    await catalog.drop();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return messageOf(error);
  }
}
