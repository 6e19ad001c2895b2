import { Failure } from "../../failure/failure.ts";
import type { LakeStore } from "../../lake/store.ts";
import { tableObjects } from "../../lake/table_objects.ts";
import type { TableCallOptions } from "../table.ts";
import { stateFolder } from "./state_names.ts";

/**
 * Whether the table has a Hive table's record: a release later than 0.1.0 has begun or taken over the
 * table, and has recorded the logs of all objects that were there.
 */
export async function hasRecord(
  store: LakeStore,
  table: string,
  { signal }: TableCallOptions,
): Promise<boolean> {
  for await (const _ of store.list(`${stateFolder(table)}table-`, { signal })) return true;
  return false;
}

/** Whether the table has objects with rows in Hive folders: release 0.1.0 kept no record. */
async function hasRows(
  store: LakeStore,
  table: string,
  { signal }: TableCallOptions,
): Promise<boolean> {
  for await (const _ of tableObjects(store, { table, kinds: ["rows"], signal })) return true;
  return false;
}

/** As {@linkcode requireNoHive}, by the Hive table's record alone: one request, however large the table is. */
export async function requireNoHiveRecord(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<void> {
  if (await hasRecord(store, table, options)) throw inHiveFolders(store, table);
}

/**
 * To be asked where there is no Iceberg table of that name.
 * @throws {Failure} kind `usage`, when the lake has a table in Hive folders of that name
 */
export async function requireNoHive(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<void> {
  await requireNoHiveRecord(store, table, options);
  if (await hasRows(store, table, options)) throw inHiveFolders(store, table);
}

function inHiveFolders(store: LakeStore, table: string): Failure {
  return new Failure(
    "usage",
    `table ${table} in ${store.description} is a table in Hive folders, not an Iceberg table`,
    {
      fix:
        "Omit --table-format (TICKLAKE_TABLE_FORMAT). `ticklake setup-catalog --table-format iceberg " +
        "--migrate` makes it an Iceberg table without rewriting its objects. For another Iceberg table " +
        "beside it give the schema another table name.",
    },
  );
}
