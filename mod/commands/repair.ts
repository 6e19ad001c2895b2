import type { CommandContext } from "../cli/command.ts";
import { EXIT_CODES } from "../failure/failure.ts";
import { settleMerge } from "../maintain/merge_small_objects.ts";
import { repair, type RepairOptions } from "../repair/repair.ts";
import { isEmpty, type RepairPlan } from "../repair/repair_plan.ts";
import { indexColumn } from "../verify/row_index.ts";
import type { RowSchema } from "../schema/schema.ts";
import { emptySummary, runSink } from "../sink/sink.ts";
import { requireHiveTable } from "../table/hive/migrated.ts";
import { countText, offsetsText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { countOffsets } from "../verify/offset_range.ts";
import { isProved, type TableVerdict, verify } from "../verify/verify.ts";
import { checkIceberg } from "./check_iceberg.ts";
import { messageSchema } from "./message_schema.ts";
import { openBroker, openExistingBroker } from "./open_broker.ts";
import { openGroupAdmin } from "./open_group_admin.ts";
import { openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";
import { openTable } from "./open_table.ts";
import { openMessageForm } from "../message/open_message_form.ts";
import { sinkOptions } from "./sink_options.ts";
import { messagesAhead, startProgress } from "./sink_progress.ts";
import { stoppedFailure } from "./stopped_failure.ts";

/** `repair`: verifies, fixes what can be, and verifies again. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic, group, dryRun } = settings;
  if (settings.repairLog) return await (await import("./repair_log.ts")).run(context);
  const schema = await messageSchema(settings, signal);
  const store = await openLake(settings);
  try {
    if (settings.tableFormat === "hive") await requireHiveTable(store, schema.table, { signal });
    const broker = await openExistingBroker(settings, { signal });
    const admin = await openGroupAdmin(settings, { signal });
    const table = await openTable(settings, schema, store, output);
    try {
      const verified = () => {
        const progress = new Progress(output, "read", "object");
        const options = {
          broker,
          store,
          topic,
          group,
          table: schema.table,
          indexColumn: indexColumn(schema),
          deep: true,
          signal,
          onProgress: (done: number, all: number) => progress.update(done, all),
        };
        return settings.tableFormat === "hive"
          ? verify(options)
          : checkIceberg(options, settings, schema);
      };
      // Ranges cannot be taken back beside a merge.
      if (!dryRun && settings.tableFormat === "hive") {
        const place = { store, table: schema.table, indexColumn: indexColumn(schema), signal };
        const reason = await settleMerge(place);
        if (reason !== undefined) output.note(`an interrupted merge was given up: ${reason}`);
      }
      output.note(`reading every row of ${store.description}`);
      const verdict = await verified();
      output.progress("");
      const summary = emptySummary();
      let removing: Progress | undefined;
      const options: RepairOptions = {
        broker,
        admin,
        store,
        table: table.table,
        tableName: schema.table,
        indexColumn: indexColumn(schema),
        topic,
        group,
        verdict,
        deleted: settings.deleted as RepairOptions["deleted"],
        dryRun,
        signal,
        onPlan: (plans) => report(plans, verdict, context),
        onRemoved(done, all) {
          removing ??= new Progress(output, "removed", "object");
          removing.update(done, all);
        },
        async consume() {
          const broker = await openBroker(settings, { signal });
          try {
            const form = await openMessageForm(settings, signal);
            const options = sinkOptions(settings, schema, { broker, store, table, form });
            const progress = startProgress(summary, await messagesAhead(broker, context), context);
            try {
              const { onEvent } = progress;
              await runSink({ ...options, untilEnd: true, onEvent, signal }, summary);
            } finally {
              progress.close();
            }
          } finally {
            await broker.close();
          }
        },
      };
      const plans = settings.tableFormat === "hive"
        ? await repair(options)
        : await repairOfIceberg(options, verified, context, schema);
      signal.throwIfAborted();
      const isChanged = !dryRun && (!plans.every(isEmpty) || summary.written > 0);
      const ok = isProved(isChanged ? await verified() : verdict);
      output.progress("");
      output.document({ ok, dryRun, written: summary.written, partitions: plans });
      conclude(ok, summary.written, isChanged, context);
      return ok || dryRun ? 0 : EXIT_CODES.rejected;
    } finally {
      table.close();
      await admin.close();
      await broker.close();
    }
  } catch (error) {
    throw stoppedFailure(error, context, "repeat the command to complete the repair");
  } finally {
    output.progress("");
    store.close();
  }
}

async function repairOfIceberg(
  options: RepairOptions,
  verifyAgain: () => Promise<TableVerdict>,
  { settings }: CommandContext,
  schema: RowSchema,
): Promise<RepairPlan[]> {
  const { repairIceberg } = await import("../repair/repair_iceberg.ts");
  const iceberg = await openIceberg(settings, schema, options.store);
  try {
    return await repairIceberg({ ...options, ...iceberg, verifyAgain });
  } finally {
    iceberg.catalog.close();
  }
}

function report(
  plans: readonly RepairPlan[],
  { partitions }: TableVerdict,
  { output }: CommandContext,
): void {
  const unreadable = partitions.flatMap(({ unreadable }) => unreadable);
  const gone = new Set(unreadable.flatMap(({ object, isGone }) => isGone ? [object] : []));
  for (const plan of plans) {
    const { partition, redundant, doubled = [], aside, lost, accepted = [] } = plan;
    const { sweep, rewriteFrom, hopeless } = plan;
    const steps = [
      ...doubled.length === 0 ? [] : [
        `${countText(countOffsets(doubled), "offset")} that the table has more than once: all ` +
        "but one of each are removed",
      ],
      ...redundant.map((name) => `${name} is removed: other objects hold all its rows`),
      ...aside.map((name) =>
        gone.has(name)
          ? `${name} is no longer in the lake; it is taken out of the table`
          : `${name} cannot be read; it is kept beside the table's own records`
      ),
      ...lost.map((range) =>
        `${offsetsText(range)}: the topic no longer has ` +
        `them; ${countText(countOffsets([range]), "offset")} become a recorded gap`
      ),
      ...accepted.map((range) => `${offsetsText(range)}: recorded as deleted by another program`),
      ...sweep ? ["uncommitted objects are removed"] : [],
      ...rewriteFrom === undefined
        ? []
        : [`all from offset ${rewriteFrom} on is written again from the topic`],
      ...hopeless.map((text) => `nothing can be done: ${text}`),
    ];
    for (const step of steps) output.line(`partition ${partition}: ${step}`);
  }
}

function conclude(
  ok: boolean,
  written: number,
  isChanged: boolean,
  { output, settings }: CommandContext,
): void {
  if (settings.dryRun) output.note("nothing was changed: --dry-run");
  const wrote = written > 0 ? `, ${countText(written, "row")} written again` : "";
  if (ok && !isChanged) output.line("ok: nothing to repair");
  else if (ok) output.line(`ok: repaired${wrote}; every offset is in the lake once`);
  else if (!settings.dryRun) {
    output.line(`NOT OK${wrote}`);
    output.note(
      "error: not everything could be repaired",
      "`ticklake verify --deep` shows what is left.",
    );
  }
}
