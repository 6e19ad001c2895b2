import type { Part, SetupReport } from "../catalog/setup_report.ts";
import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "../schema/schema.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";

/** `setup-catalog --table-format iceberg`: the table in its catalog; safe to repeat. */
export async function setUpIceberg(
  { settings, output }: CommandContext,
  schema: RowSchema,
): Promise<SetupReport> {
  const { dryRun, partitionBy } = settings;
  for (const flag of ["projection", "createRole", "run", "wait"] as const) {
    if (settings[flag]) {
      output.note(`an Iceberg table needs no crawler: --${dashed(flag)} does nothing`);
    }
  }
  if (settings.format !== "parquet") {
    throw new Failure("usage", `--format ${settings.format} with --table-format iceberg`, {
      fix: "Iceberg's files are Parquet here: leave --format out.",
    });
  }
  const store = await openLake(settings);
  const { catalog, files } = await openIceberg(settings, schema, store);
  try {
    output.note(`${catalog.description}`);
    if (settings.delete) {
      const isThere = await catalog.load() !== undefined;
      if (isThere && !dryRun) await catalog.drop();
      const part = { part: "table", name: schema.table, state: isThere ? "deleted" : "absent" };
      return { dryRun, parts: [part as Part], tables: [] };
    }
    const { setUpTable } = await import("../table/iceberg/setup_table.ts");
    const { state, changes, columns, partitionedBy } = await setUpTable({
      catalog,
      files,
      schema,
      partitionBy,
      dryRun,
    });
    if (partitionedBy !== "none") {
      output.note(`partitioned by ${partitionedBy}, hidden from queries`);
    }
    return {
      dryRun,
      parts: [{ part: "table", name: schema.table, state, changes }],
      tables: [{ name: schema.table, columns, partitionedBy: [] }],
    };
  } finally {
    catalog.close();
    store.close();
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
