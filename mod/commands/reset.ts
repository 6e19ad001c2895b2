import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";
import { settleMerge } from "../maintain/merge_small_objects.ts";
import { reset } from "../repair/reset.ts";
import type { PartitionPlan } from "../repair/reset_plan.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { indexColumn } from "../verify/row_index.ts";
import { countText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openGroupAdmin } from "./open_group_admin.ts";
import { openLake } from "./open_lake.ts";
import { openTable } from "./open_table.ts";
import { openTopicInspector } from "./open_topic_inspector.ts";
import { parseReadPosition } from "./read_position.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** `reset`: sets where the next consume of the group continues. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic, group, rewrite, dryRun, readPartition: partition } = settings;
  if (settings.to === undefined) {
    throw new Failure("usage", "reset: --to is missing: where should the group continue?", {
      fix: "Such as --to lake (where the lake ends), earliest, latest, an offset, or a time.",
    });
  }
  const schema = await loadSchema(settings.schema);
  const store = await openLake(settings);
  try {
    const broker = await openExistingBroker(settings, { signal });
    const admin = await openGroupAdmin(settings, { signal });
    const table = await openTable(settings, schema, store, output);
    try {
      // Ranges cannot be taken back beside a merge.
      if (rewrite && !dryRun) {
        await settleMerge({
          store,
          table: schema.table,
          indexColumn: indexColumn(schema),
          signal,
        });
      }
      const progress = new Progress(output, "removed", "object");
      const plans = await reset({
        broker,
        admin,
        store,
        table: table.table,
        tableName: schema.table,
        topic,
        group,
        target: await targetOf(context, await broker.topicOffsets(topic, { signal }) ?? []),
        partitions: partition === undefined ? undefined : [partition],
        rewrite,
        dryRun,
        signal,
        onRemoved: (done, all) => progress.update(done, all),
      });
      progress.close();
      report(plans, context);
      return 0;
    } finally {
      table.close();
      await admin.close();
      await broker.close();
    }
  } catch (error) {
    throw stoppedFailure(error, context, "repeat the command to complete the reset");
  } finally {
    output.progress("");
    store.close();
  }
}

/** The offset that `--to` names, by partition. */
async function targetOf(
  { settings, signal }: CommandContext,
  offsets: ReadonlyArray<{ partition: number; low: number; high: number }>,
): Promise<(partition: number) => number | "lake"> {
  if (settings.to === "lake") return () => "lake";
  const position = parseReadPosition(settings.to!, "--to");
  const bounds = new Map(offsets.map((offset) => [offset.partition, offset]));
  switch (position.kind) {
    case "earliest":
      return (partition) => bounds.get(partition)!.low;
    case "latest":
      return (partition) => bounds.get(partition)!.high;
    case "offset":
      return () => position.offset;
    case "last":
      return (partition) => bounds.get(partition)!.high - position.messages;
    case "time": {
      const inspector = await openTopicInspector(settings, { signal });
      try {
        const found = await inspector.offsetsAt(settings.topic, position.timeMs, signal);
        return (partition) => found.get(partition) ?? bounds.get(partition)!.high;
      } finally {
        await inspector.close();
      }
    }
  }
}

function report(plans: readonly PartitionPlan[], { output, settings }: CommandContext): void {
  const { dryRun, group, topic } = settings;
  output.document({ dryRun, group, topic, partitions: plans });
  for (const { partition, committed, offset, skipped, again } of plans) {
    const from = committed === null ? "nothing" : `offset ${committed}`;
    const what = again > 0
      ? `; ${countText(again, "offset")} removed from the table, to be written again`
      : skipped > 0
      ? `; ${countText(skipped, "offset")} will be skipped, as a recorded gap`
      : "";
    output.line(`partition ${partition}: from ${from} to offset ${offset}${what}`);
  }
  output.note(
    dryRun
      ? "nothing was changed: --dry-run"
      : `group ${group} continues there at its next \`ticklake consume\``,
  );
}
