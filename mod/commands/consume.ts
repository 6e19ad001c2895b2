import type { Broker } from "../broker/broker.ts";
import type { CommandContext } from "../cli/command.ts";
import { countText, sizeText } from "../terminal/amount_text.ts";
import { EXIT_CODES } from "../failure/failure.ts";
import { compressionOf } from "../lake/format/compression.ts";
import { Partitioning } from "../lake/partitioning.ts";
import { openLog } from "../ops/log/log.ts";
import { startOperations } from "../ops/telemetry/operations.ts";
import { openMessageForm } from "../message/open_message_form.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Settings } from "../config/settings.ts";
import type { LakeStore } from "../lake/store.ts";
import type { RowListener } from "../sink/open_range.ts";
import { emptySummary, runSink, type SinkSummary } from "../sink/sink.ts";
import { listeners, type SinkListener } from "../sink/sink_event.ts";
import { requireDefaultSchemaFits } from "./default_schema_fits.ts";
import { otherSchema } from "./other_schema.ts";
import { messageSchema } from "./message_schema.ts";
import { openBroker } from "./open_broker.ts";
import { unknownFields } from "./unknown_fields.ts";
import { openLake } from "./open_lake.ts";
import { type OpenTable, openTable } from "./open_table.ts";
import { sinkOptions } from "./sink_options.ts";
import { messagesAhead, startProgress } from "./sink_progress.ts";

/** `consume`: the topic's rows into the lake, exactly once. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output } = context;
  const closed = new AbortController();
  // `| head` ends the view: what was read is written, and the group is left. Not before the batch is
  // taken whose row was to be shown.
  output.onClosed(() => queueMicrotask(() => closed.abort()));
  const signal = AbortSignal.any([context.signal, closed.signal]);
  const { topic, group, format, partitionBy, untilEnd } = settings;
  const schema = await messageSchema(settings, signal);
  // The user's input is checked before any service is contacted.
  new Partitioning(partitionBy, schema);
  compressionOf(format, settings.compression);
  const form = await openMessageForm(settings, signal);
  await requireDefaultSchemaFits(settings, form, schema, signal);
  const store = await openLake(settings);
  let broker: Broker | undefined;
  let table: OpenTable | undefined;
  const operations = await startOperations({
    command: "consume",
    settings,
    topicOffsets: async (signal) =>
      await broker?.topicOffsets(topic, { signal, leaderless() {} }) ?? null,
  });
  const summary = emptySummary();
  const startedAt = performance.now();
  try {
    broker = await openChecked(settings, store, signal);
    const { onEvent } = operations;
    table = await openTable(settings, schema, store, { note: output.note, onEvent });
    const target = settings.tableFormat === "hive" ? store : table.table;
    output.note(
      `consuming topic ${topic} on ${broker.description} as group ${group} into ` +
        `${target.description}, as ${format} by ${partitionBy}`,
    );
    const unknown = unknownFields(output);
    await sayWithoutEffect(broker, context);
    const view: View = settings.watch ? await startView(schema, context) : startProgress(
      summary,
      untilEnd ? await messagesAhead(broker, context) : undefined,
      context,
    );
    try {
      await runSink({
        ...sinkOptions(settings, schema, { broker, store, table, form }),
        takeOver: settings.takeOver,
        untilEnd,
        onEvent: listeners(
          operations.onEvent,
          view.onEvent,
          otherSchema(settings, form, output),
          unknown.listener,
        ),
        onRow: view.onRow,
        signal,
      }, summary);
    } finally {
      view.close();
      unknown.close();
    }
  } catch (error) {
    // Stopping is a way to finish, wherever it found us.
    if (!signal.aborted || error !== signal.reason) {
      // What is already in the lake counts, however the run ended.
      if (summary.objects > 0) summarize(summary, startedAt, context);
      throw error;
    }
  } finally {
    await broker?.close();
    await operations.close();
    table?.close();
    store.close();
  }
  summarize(summary, startedAt, context);
  if (!settings.strict || summary.rejected === 0) return 0;
  output.note(`error: ${countText(summary.rejected, "message")} rejected, and --strict was given`);
  return EXIT_CODES.rejected;
}

/**
 * Opens the broker while the lake is checked: each waits for its own service.
 * @throws {Failure} the lake's problem, otherwise the broker's
 */
async function openChecked(
  settings: Settings,
  store: LakeStore,
  signal: AbortSignal,
): Promise<Broker> {
  const lakeFailed = new AbortController();
  const opening = openBroker(settings, { signal: AbortSignal.any([signal, lakeFailed.signal]) });
  // It may fail before anybody waits for it.
  opening.catch(() => {});
  try {
    await store.check({ signal });
  } catch (error) {
    lakeFailed.abort(error);
    await opening.then((broker) => broker.close(), () => {});
    throw error;
  }
  return await opening;
}

/** `--from` is for a group that has committed nothing: with another one it must not be ignored in silence. */
async function sayWithoutEffect(
  broker: Broker,
  { settings, loaded, output, signal }: CommandContext,
): Promise<void> {
  const { topic, group, from } = settings;
  if (loaded.resolved.find(({ key }) => key === "from")?.origin !== "flag") return;
  const committed = await broker.groupOffsets(group, topic, { signal });
  if (!committed.some(({ offset }) => offset !== null)) return;
  output.note(
    `warning: --from ${from} has no effect: group ${group} has committed offsets of ${topic}`,
    `\`ticklake reset --to ${from}\` moves it; --dry-run shows what that would do.`,
  );
}

function summarize(summary: SinkSummary, startedAt: number, { output }: CommandContext): void {
  const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(3));
  const { read, written, rejected, objects, bytes, lost } = summary;
  output.document({ ...summary, seconds });
  output.line(
    `read ${countText(read, "message")}, wrote ${countText(written, "row")} and ` +
      `${countText(rejected, "dead letter")} ` +
      `in ${countText(objects, "object")} of ${sizeText(bytes)}, in ${seconds.toFixed(1)} s`,
  );
  if (lost > 0) {
    output.note(
      `warning: ${
        countText(lost, "message")
      } are neither rows nor dead letters; they are a recorded gap`,
    );
  }
}

/** Output while it runs. */
interface View {
  onEvent: SinkListener;
  onRow?: RowListener;
  close(): void;
}

async function startView(
  schema: RowSchema,
  { settings, output }: CommandContext,
): Promise<View> {
  const { startWatch } = await import("../live/watch.ts");
  // On the same terminal each line of the log would break the table for a moment.
  if (Deno.stdout.isTerminal() && output.interactive && settings.logLevel === "info") {
    openLog({ settings: { ...settings, logLevel: "warning" }, output });
  }
  return startWatch({ schema, topic: settings.topic, output });
}
