import type { CommandContext } from "../cli/command.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import type { TableCatalog } from "../table/iceberg/catalog.ts";
import type { FileMergeSummary, MergeFilesOptions } from "../table/iceberg/merge_files.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { catalogKind, openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { stoppedFailure } from "./stopped_failure.ts";
import { requireNoHive } from "../table/hive/hive_in_place.ts";

/** `maintain` of an Iceberg table: merges small files, expires snapshots, removes files that none has. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { dryRun, olderThan, targetSize } = settings;
  const schema = await loadSchema(settings.schema, signal);
  const { expireSnapshots } = await import("../table/iceberg/merge_files.ts");
  const { findOrphans } = await import("../table/iceberg/orphans.ts");
  const store = await openLake(settings);
  const { catalog, files } = await openIceberg(settings, schema, store);
  const progress = new Progress(output, "merged", "file");
  try {
    output.note(`table ${schema.table} in ${catalog.description}`);
    if (catalogKind(settings) === "glue") {
      output.note("on AWS, Glue's table optimizers and Athena's OPTIMIZE and VACUUM do this too");
    }
    await requireTable(catalog, files, schema.table, signal);
    const options = {
      catalog,
      files,
      table: schema.table,
      targetBytes: targetSize,
      signal,
      onProgress: (done: number, all: number) => progress.update(done, all),
    };
    const merged = await merge(options, dryRun);
    output.progress("");
    const would = dryRun ? "would " : "";
    const past = (verb: string) => dryRun ? verb : verb.replace(/e?$/, "ed");
    output.line(
      merged.parts === 0
        ? "no small files to merge"
        : `${would}${past("merge")} ${countText(merged.parts, "file")} into ${
          countText(merged.merged, "file")
        }`,
    );
    if (merged.deleteFiles > 0) {
      output.line(
        `${would}${past("remove")} ${
          countText(merged.deleteFiles, "delete file")
        }: merged files do ` +
          "not have the deleted rows",
      );
    }
    if (merged.left > 0) {
      output.note(
        `warning: ${countText(merged.left, "file")} with deleted rows cannot be rewritten`,
        "Have the program that deleted them compact the table (OPTIMIZE, rewrite_data_files).",
      );
    }
    const expired = await expireSnapshots({ ...options, dryRun });
    if (expired > 0) output.line(`${would}${past("expire")} ${countText(expired, "snapshot")}`);
    const orphans = await findOrphans({ catalog, files, olderThanMs: olderThan, signal });
    const bytes = orphans.reduce((sum, { size }) => sum + size, 0);
    if (!dryRun) {
      for (const { name } of orphans) {
        signal.throwIfAborted();
        await store.remove(name);
      }
    }
    output.line(
      `${would}${past("remove")} ${
        countText(orphans.length, "file")
      } that no snapshot references, ` +
        `${sizeText(bytes)} in all`,
    );
    output.document({ dryRun, ...merged, expired, orphans: { files: orphans.length, bytes } });
    return 0;
  } catch (error) {
    throw stoppedFailure(error, context, "not everything was checked; run it again to continue");
  } finally {
    output.progress("");
    catalog.close();
    store.close();
  }
}

/** Requires this program's table to be there, before anything is said of its files. */
async function requireTable(
  catalog: TableCatalog,
  { store }: TableFiles,
  table: string,
  signal: AbortSignal,
): Promise<void> {
  const { absentTable } = await import("../table/iceberg/catalog.ts");
  const { requireOurs } = await import("../table/iceberg/whose_table.ts");
  const base = await catalog.load();
  if (base === undefined) {
    await requireNoHive(store, table, { signal });
    throw absentTable(catalog, table);
  }
  requireOurs(base, { catalog, table });
}

async function merge(options: MergeFilesOptions, dryRun: boolean): Promise<FileMergeSummary> {
  const { mergeFiles } = await import("../table/iceberg/merge_files.ts");
  if (!dryRun) return await mergeFiles(options);
  const { plannedFileMerges } = await import("../table/iceberg/plan_file_merges.ts");
  const base = await options.catalog.load();
  if (base === undefined) return { parts: 0, merged: 0, deleteFiles: 0, left: 0 };
  const plan = await plannedFileMerges(base, options.files, options.targetBytes);
  const parts = plan.merges.reduce((sum, { entries }) => sum + entries.length, 0);
  const { merges: { length: merged }, applied, left } = plan;
  return { parts, merged, deleteFiles: applied.size, left };
}
