import { requireHiveTable } from "../table/hive/migrated.ts";
import type { CommandContext } from "../cli/command.ts";
import { EXIT_CODES } from "../failure/failure.ts";
import {
  completeMerge,
  countParts,
  mergeSmallObjects,
  plannedMerges,
  removeSuperseded,
} from "../maintain/merge_small_objects.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { indexColumn } from "../verify/row_index.ts";
import { countText, numberText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { openLake } from "./open_lake.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** `maintain` of a table in Hive folders: merges the small objects of closed days. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { dryRun, merge, targetSize } = settings;
  const schema = await loadSchema(settings.schema, signal);
  const { table } = schema;
  const store = await openLake(settings);
  const progress = new Progress(output, "merged", "object");
  try {
    output.note(`table ${table} in ${store.description}`);
    const place = { store, table, indexColumn: indexColumn(schema), signal };
    await requireHiveTable(store, table, { signal });
    if (!dryRun) {
      const completed = await completeMerge(place);
      if (completed !== undefined) {
        output.note(`completed an interrupted merge: ${changeText(completed)}`);
      }
      const removed = await removeSuperseded(place);
      if (removed > 0) {
        output.note(`${countText(removed, "object")} removed that merged objects hold as well`);
      }
    }
    const options = { ...place, targetBytes: targetSize, nowMs: Date.now() };
    if (dryRun || !merge) return await plan(options, context);
    const { parts, objects, failures } = await mergeSmallObjects({
      ...options,
      onProgress: (done, all) => progress.update(done, all),
    });
    progress.close();
    for (const failure of failures) output.note(`error: ${failure}`);
    output.document({ dryRun, merged: { parts, objects }, failures });
    output.line(parts === 0 ? "nothing to merge" : `merged ${changeText({ parts, objects })}`);
    return failures.length > 0 ? EXIT_CODES.rejected : 0;
  } catch (error) {
    throw stoppedFailure(error, context, "run it again to complete it");
  } finally {
    progress.close();
    store.close();
  }
}

/** Says what would be merged. */
async function plan(
  options: Parameters<typeof plannedMerges>[0],
  { settings, output }: CommandContext,
): Promise<number> {
  const merges = await plannedMerges(options);
  const parts = merges.reduce((sum, { folders }) => sum + countParts(folders), 0);
  const objects = merges.reduce((sum, { folders }) => sum + folders.length, 0);
  const plans = merges.map(({ topic, partition, first, last, folders }) => ({
    topic,
    partition,
    first,
    last,
    parts: countParts(folders),
    objects: folders.length,
  }));
  if (parts > 0 && !settings.merge) {
    output.note(
      "not merged without --merge: a query that runs at the same time may count rows twice; an Iceberg table " +
        "(--table-format iceberg) avoids that",
    );
  }
  output.document({ dryRun: true, merged: { parts, objects }, plans, failures: [] });
  output.line(parts === 0 ? "nothing to merge" : `would merge ${changeText({ parts, objects })}`);
  return 0;
}

function changeText({ parts, objects }: { parts: number; objects: number }): string {
  return `${countText(parts, "object")} into ${numberText(objects)}`;
}
