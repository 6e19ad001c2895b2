import { printSetup, type SetupReport } from "../catalog/setup_report.ts";
import type { CommandContext } from "../cli/context.ts";
import { Partitioning } from "../lake/partitioning.ts";
import { loadSchema } from "../schema/load_schema.ts";
import type { RowSchema } from "../schema/schema.ts";
import { localCatalogPath } from "./open_engine.ts";
import { openLake } from "./open_lake.ts";

/** `setup-catalog`: what queries need to find the lake's table; safe to repeat. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output } = context;
  const schema = await loadSchema(settings.schema);
  try {
    const report = await setUpLocal(context, schema);
    output.progress("");
    printSetup(report, output);
    return 0;
  } finally {
    output.progress("");
  }
}

async function setUpLocal(context: CommandContext, schema: RowSchema): Promise<SetupReport> {
  const { settings, output, signal } = context;
  const { deleteLocalCatalog, setUpLocalCatalog } = await import("../catalog/local_setup.ts");
  const path = await localCatalogPath(settings);
  output.note(`local catalog in ${path}`);
  if (settings.delete) return deleteLocalCatalog({ path, dryRun: settings.dryRun });
  const lake = await openLake(settings);
  try {
    return await setUpLocalCatalog({
      path,
      lake,
      schema,
      partitionColumns: new Partitioning(settings.partitionBy, schema).names,
      dryRun: settings.dryRun,
      run: settings.run,
      signal,
      onProgress: output.progress,
    });
  } finally {
    lake.close();
  }
}
