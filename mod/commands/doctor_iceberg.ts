import type { Settings } from "../config/settings.ts";
import { failed, failedBy, type Finding, ok, warning } from "../ops/doctor/finding.ts";
import type { RowSchema } from "../schema/schema.ts";
import { countText } from "../terminal/amount_text.ts";
import type { LoadedTable } from "../table/iceberg/catalog.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { icebergFindings } from "./iceberg_status.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { requireNoHive } from "../table/hive/hive_in_place.ts";

/** Checks the Iceberg table's catalog, and compares the table with the lake. */
export async function* icebergTableFindings(
  settings: Settings,
  schema: RowSchema,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const store = await openLake(settings);
  try {
    const { catalog, files } = await openIceberg(settings, schema, store);
    try {
      const base = await catalog.load();
      yield ok("Iceberg catalog", catalog.description);
      if (base === undefined) {
        await requireNoHive(store, schema.table, { signal });
        yield ok("Iceberg table", `${schema.table} does not exist yet: consume creates it`);
        return;
      }
      const { requireOurs } = await import("../table/iceberg/whose_table.ts");
      requireOurs(base, { catalog, table: schema.table });
      const { inventoryOf } = await import("../status/iceberg_inventory.ts");
      const found = await inventoryOf(base, files);
      const { rows, snapshots } = found;
      yield ok(
        "Iceberg table",
        `${schema.table}: ${countText(rows, "row")} in ${countText(found.files, "file")}, ` +
          countText(snapshots, "snapshot"),
      );
      for (const [what, fix] of icebergFindings(found)) {
        yield warning("Iceberg table", what.replace(/^warning: /, ""), fix);
      }
      const location = locationFinding(base, files);
      if (location !== undefined) yield location;
      yield await filesFinding(base, files, signal);
    } finally {
      catalog.close();
    }
  } catch (error) {
    yield failedBy("Iceberg table", error);
  } finally {
    store.close();
  }
}

/** Whether other engines find the files: their paths in the metadata are absolute. */
function locationFinding({ metadata }: LoadedTable, files: TableFiles): Finding | undefined {
  if (!files.isMoved(metadata.location)) return undefined;
  return warning(
    "Iceberg location",
    `the table was created at ${metadata.location}, but is now at ${files.location}: ticklake can read and ` +
      "write it, but other engines look for its files at the old location",
    "`ticklake setup-catalog --table-format iceberg --relocate` rewrites the metadata for the new location; " +
      "or move it back.",
  );
}

/** Whether the files of the current snapshot are there. */
async function filesFinding(
  base: LoadedTable,
  files: TableFiles,
  signal: AbortSignal,
): Promise<Finding> {
  const { liveEntries } = await import("../table/iceberg/live_entries.ts");
  const { entries: live } = await liveEntries(base, files);
  const there = new Set<string>();
  for await (const { name } of files.store.list(`${files.folder}/`, { signal })) there.add(name);
  const missing = live.filter(({ name }) => !there.has(name));
  if (missing.length === 0) {
    return ok(
      "Iceberg files",
      `all ${countText(live.length, "file")} of the table are in the lake`,
    );
  }
  return failed(
    "Iceberg files",
    `${countText(missing.length, "file")} of the table are not in the lake, such as ` +
      missing[0].name,
    "Has a lifecycle rule or a person removed them? Restore them from the bucket's older versions; or " +
      "stop every consume and run `ticklake repair`, which reads their offsets again from the topic.",
  );
}
