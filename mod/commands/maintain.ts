import type { CommandContext } from "../cli/command.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** `maintain`: merges objects in Hive folders; removes files that no snapshot of the Iceberg table has; for cron, safe beside consume. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { dryRun, olderThan, tableFormat } = settings;
  if (tableFormat === "hive") return await (await import("./maintain_hive.ts")).run(context);
  const schema = await loadSchema(settings.schema, signal);
  const { findOrphans } = await import("../table/iceberg/orphans.ts");
  const store = await openLake(settings);
  const { catalog, files } = await openIceberg(settings, schema, store);
  try {
    output.note(`table ${schema.table} in ${catalog.description}`);
    const orphans = await findOrphans({ catalog, files, olderThanMs: olderThan, signal });
    const bytes = orphans.reduce((sum, { size }) => sum + size, 0);
    if (!dryRun) {
      for (const { name } of orphans) {
        signal.throwIfAborted();
        await store.remove(name);
      }
    }
    output.document({ dryRun, orphans: { files: orphans.length, bytes } });
    output.line(
      `${dryRun ? "would remove" : "removed"} ${
        countText(orphans.length, "file")
      } that no snapshot ` +
        `has, ${sizeText(bytes)} in all`,
    );
    return 0;
  } catch (error) {
    throw stoppedFailure(error, context, "not all was looked at; run it again to go on");
  } finally {
    catalog.close();
    store.close();
  }
}
