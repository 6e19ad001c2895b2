import type { Part, SetupReport } from "../catalog/setup_report.ts";
import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { MigrateOptions } from "../maintain/migrate_options.ts";
import { indexColumn } from "../verify/row_index.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { openGroupAdmin } from "./open_group_admin.ts";
import { requireNoHive } from "../table/hive/hive_in_place.ts";
import type { TableSetUp } from "../table/iceberg/setup_table.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { requireHome } from "./require_home.ts";

/** `setup-catalog --table-format iceberg`: the table in its catalog; safe to repeat. */
export async function setUpIceberg(
  context: CommandContext,
  schema: RowSchema,
): Promise<SetupReport> {
  const { settings, output } = context;
  const { dryRun, partitionBy } = settings;
  for (const flag of ["projection", "createRole", "run", "wait"] as const) {
    if (settings[flag]) {
      output.note(`an Iceberg table needs no crawler: --${dashed(flag)} has no effect`);
    }
  }
  if (settings.format !== "parquet") {
    throw new Failure("usage", `--format ${settings.format} with --table-format iceberg`, {
      fix: "Iceberg tables are written as Parquet: omit --format.",
    });
  }
  if (settings.bucket === undefined && !dryRun) requireHome(settings);
  const store = await openLake(settings);
  const { catalog, files } = await openIceberg(settings, schema, store);
  try {
    output.note(`${catalog.description}`);
    if (settings.delete) {
      const { dropTable } = await import("../table/iceberg/drop_table.ts");
      const isThere = await dropTable({ catalog, files, table: schema.table, dryRun });
      const part = { part: "table", name: schema.table, state: isThere ? "deleted" : "absent" };
      return { dryRun, parts: [part as Part], tables: [] };
    }
    const { setUpTable } = await import("../table/iceberg/setup_table.ts");
    const table = { catalog, files, schema, partitionBy, dryRun };
    if (settings.relocate) {
      const { relocateTable } = await import("../table/iceberg/relocate.ts");
      const former = await relocateTable({ ...table, table: schema.table, signal: context.signal });
      const state = former === undefined ? "unchanged" : "updated";
      const changes = former === undefined ? [] : [`location: ${former} -> ${files.location}`];
      return { dryRun, parts: [{ part: "table", name: schema.table, state, changes }], tables: [] };
    }
    if (!settings.migrate && await catalog.load() === undefined) {
      await requireNoHive(store, schema.table, { signal: context.signal });
    }
    let made: TableSetUp | undefined;
    const create = async () => {
      made = await setUpTable(table);
    };
    const migration = settings.migrate
      ? await migrate({ ...table, store, create }, context)
      : undefined;
    const { state, changes, columns, partitionedBy } = made ?? await setUpTable(table);
    if (partitionedBy !== "none") {
      output.note(`partitioned by ${partitionedBy}, hidden from queries`);
    }
    return {
      dryRun,
      parts: [
        { part: "table", name: schema.table, state, changes },
        ...migration === undefined ? [] : [migration],
      ],
      tables: [{ name: schema.table, columns, partitionedBy: [] }],
    };
  } finally {
    catalog.close();
    store.close();
  }
}

/** Adopts the objects of the Hive table. */
async function migrate(
  options: Omit<MigrateOptions, "members" | "signal" | "onProgress">,
  { settings, output, signal }: CommandContext,
): Promise<Part> {
  const { completeMerge } = await import("../maintain/merge_small_objects.ts");
  const { migrateToIceberg } = await import("../maintain/migrate_to_iceberg.ts");
  const { store, schema: { table }, dryRun } = options;
  const admin = await openGroupAdmin(settings, { signal });
  try {
    if (!dryRun) {
      await completeMerge({ store, table, indexColumn: indexColumn(options.schema), signal });
    }
    const progress = new Progress(output, "read", "footer");
    const { state, files, rows, bytes } = await migrateToIceberg({
      ...options,
      members: (group) => admin.members(group, signal),
      signal,
      onProgress: (done, all) => progress.update(done, all),
    });
    output.progress("");
    const migrated =
      `${countText(files, "object")} of the Hive table, ${countText(rows, "row")}, ` +
      sizeText(bytes);
    const changes = state === "created" ? [migrated] : [];
    if (changes.length > 0) output.note(`${dryRun ? "would migrate" : "migrated"} ${migrated}`);
    return { part: "migration", name: table, state, changes };
  } finally {
    output.progress("");
    await admin.close();
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
