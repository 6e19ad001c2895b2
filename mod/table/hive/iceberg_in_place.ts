import { Failure } from "../../failure/failure.ts";
import { tableFolder } from "../../lake/layout.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { TableCallOptions } from "../table.ts";

/**
 * Whether the table's folder has an Iceberg table's metadata, whichever catalog it is in. A dropped
 * table's may be left.
 * Source: https://iceberg.apache.org/spec/#table-metadata-and-snapshots
 */
async function hasMetadata(
  store: LakeStore,
  table: string,
  { signal }: TableCallOptions,
): Promise<boolean> {
  for await (const { name } of store.list(`${tableFolder(table)}metadata/`, { signal })) {
    if (/\.metadata\.json(\.gz)?$/.test(name)) return true;
  }
  return false;
}

/**
 * To be asked of a table without a Hive table's record: rows of an Iceberg table in the same folder would
 * be counted twice.
 * @throws {Failure} kind `usage`, when an Iceberg table is in the table's folder
 */
export async function requireNoIceberg(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<void> {
  if (!await hasMetadata(store, table, options)) return;
  const folder = tableFolder(table);
  throw new Failure(
    "usage",
    `table ${table} in ${store.description} is an Iceberg table: ${folder}metadata/ has its metadata`,
    {
      fix:
        "Add --table-format iceberg (TICKLAKE_TABLE_FORMAT). For a table in Hive folders give the schema " +
        "another table name, or set another --prefix or --home. If the Iceberg table was dropped, " +
        `move ${folder}metadata/ and ${folder}data/ out of the lake.`,
    },
  );
}
