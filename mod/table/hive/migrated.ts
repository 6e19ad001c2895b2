import { Failure } from "../../failure/failure.ts";
import { existing } from "../../lake/half_created.ts";
import { isThere } from "../../lake/if_there.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { TableCallOptions } from "../table.ts";
import { requireNoIceberg } from "./iceberg_in_place.ts";
import { stateName } from "./state_names.ts";
import { listState, ofKind, recordBytes, type StateObject } from "./table_state.ts";

/** Records that the table's objects are an Iceberg table's: none is to be written or changed. */
export async function recordMigration(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<void> {
  const name = stateName(table, { kind: "migrated" });
  if (await store.create(name, recordBytes({ v: 1 }), options)) return;
  await existing(
    store,
    name,
    async () => await isThere(store, name, options) || undefined,
    options,
  );
}

/** Whether a migration has begun. */
export async function isMigrationRecorded(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<boolean> {
  return await isThere(store, stateName(table, { kind: "migrated" }), options);
}

/** @throws {Failure} kind `usage`, when the table's objects are an Iceberg table's */
export function requireHive(table: string, state: readonly StateObject[]): void {
  if (ofKind(state, "migrated").length === 0) return;
  throw new Failure(
    "usage",
    `table ${table} was migrated to Iceberg: its objects are now in that table`,
    {
      fix:
        "Add --table-format iceberg (TICKLAKE_TABLE_FORMAT). If setup-catalog --migrate was interrupted, " +
        "run it again to complete it.",
    },
  );
}

/**
 * For who has not read the table's state.
 * @throws {Failure} kind `usage`, when the table is, or was migrated to, an Iceberg table
 */
export async function requireHiveTable(
  store: LakeStore,
  table: string,
  options: TableCallOptions = {},
): Promise<void> {
  const state = await listState(store, table, options);
  requireHive(table, state);
  if (ofKind(state, "table").length === 0) await requireNoIceberg(store, table, options);
}
