import type { Broker } from "../broker/broker.ts";
import type { CommandContext } from "../cli/command.ts";
import { countText, numberText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";
import { EXIT_CODES, Failure } from "../failure/failure.ts";
import { startOperations } from "../ops/telemetry/operations.ts";
import { reasonKind } from "../ops/telemetry/rejections.ts";
import type { ProduceObserver } from "../ops/telemetry/produce_observer.ts";
import { openMessageWriter } from "../message/message_writer.ts";
import { loadSchema } from "../schema/load_schema.ts";
import { keyedBy } from "../schema/keyed_by.ts";
import type { RowSchema } from "../schema/schema.ts";
import { delimiterOf, type FileForm, readConstants } from "../source/file_form.ts";
import { findInputs, type Input } from "../source/input.ts";
import { pace } from "../source/pace.ts";
import { replay } from "../source/replay.ts";
import type { RowFeed } from "../source/row_feed.ts";
import { sample } from "../source/sample.ts";
import { SEND_ROWS, sendRows } from "../source/send_rows.ts";
import { simulate, type SimulateOptions } from "../source/simulate.ts";
import { writtenFeed } from "../source/written_feed.ts";
import { warnOfCompaction } from "./compacted_topic.ts";
import { openBroker } from "./open_broker.ts";

/** Rejected rows that are named one by one; the others are counted. */
const REJECTED_SHOWN = 20;

/** Milliseconds between two drawings of the progress. */
const PROGRESS_MS = 200;

/** Outcome of the rows so far. */
interface Tally {
  /** Rows that all replicas have acknowledged. */
  sent: number;
  rejected: number;
  /** Bytes that were read of the files, as they are on the disk. */
  bytesRead: number;
  /** How often each kind of reason was given. */
  readonly reasons: Map<string, number>;
  /** Time of the first send, once there is one. */
  startedAt?: number;
  readonly observer: ProduceObserver;
}

/** `produce`: rows of files to the topic. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const declared = await loadSchema(settings.schema, signal);
  const schema = keyedBy(declared, settings.key);
  if (schema.rows !== undefined) {
    throw new Failure(
      "usage",
      `produce: schema ${schema.table} reads several rows from one message`,
      {
        fix:
          "Use a schema without `rows`, and without columns from: index or message, for produce and " +
          "consume, with a topic of its own: a row of a file is one message.",
      },
    );
  }
  const form = {
    format: settings.inputFormat,
    delimiter: delimiterOf(settings.delimiter),
    constants: readConstants(settings.constants, schema),
    symbolKey: declared.key,
  };
  const inputs = await findInputs([...(settings.input ?? "").split("\n"), ...context.args]
    .filter((path) => path !== ""));
  const operations = await startOperations({ command: "produce", settings });
  const tally: Tally = {
    sent: 0,
    rejected: 0,
    reasons: new Map(),
    bytesRead: 0,
    observer: operations.produced,
  };
  let broker: Broker | undefined;
  try {
    const writer = await openMessageWriter(settings, schema, signal);
    broker = await openBroker(settings, { signal });
    const doing = DOING[settings.mode];
    const what = inputs.length === 1 ? inputs[0].description : countText(inputs.length, "file");
    output.note(`${doing} ${what} into topic ${settings.topic} on ${broker.description}`);
    if (settings.mode === "sample") {
      const { count } = settings;
      const span = count === undefined ? "rows until stopped" : countText(count, "row");
      output.note(`sampling random ${span}; --mode replay --rate max sends each row once`);
    }
    const feed = await openFeed(inputs, schema, form, tally, context);
    const sent = writer === null ? feed : writtenFeed(feed, writer);
    await send(sent, schema, broker, tally, inputBytesOf(inputs, context), context);
  } catch (error) {
    // Stopping is a way to finish, wherever it found us.
    if (!signal.aborted || error !== signal.reason) {
      if (tally.startedAt !== undefined) summarize(tally, context);
      throw error;
    }
  } finally {
    output.progress("");
    await broker?.close();
    await operations.close();
  }
  summarize(tally, context);
  if (tally.sent === 0 && tally.rejected > 0 && !signal.aborted) {
    output.note(`error: no row was sent: ${reasonsOf(tally)}`);
    return EXIT_CODES.rejected;
  }
  if (tally.rejected > tally.sent) {
    output.note(`warning: more rows were rejected than sent: ${reasonsOf(tally)}`);
  }
  if (!settings.strict || tally.rejected === 0) return 0;
  output.note(`error: rejected ${countText(tally.rejected, "row")}, and --strict was given`);
  return EXIT_CODES.rejected;
}

const DOING = { replay: "replaying", sample: "sampling", simulate: "simulating from" } as const;

/** Reasons that are named; the others are counted. */
const REASONS_SHOWN = 5;

/** The reasons for which rows were rejected, the commonest first. */
function reasonsOf({ reasons }: Tally): string {
  const all = [...reasons].sort(([, a], [, b]) => b - a);
  const some = all.slice(0, REASONS_SHOWN).map(([kind, count]) => `${kind} (${numberText(count)})`);
  const more = all.length - REASONS_SHOWN;
  return some.join("; ") + (more > 0 ? `; and ${countText(more, "other reason")}` : "");
}

function countReason({ reasons }: Tally, reason: string): void {
  const kind = reasonKind(reason);
  // What a file has in its fields must not fill the memory.
  const known = reasons.has(kind) || reasons.size < MOST_REASONS ? kind : "other";
  reasons.set(known, (reasons.get(known) ?? 0) + 1);
}

/** Maximum number of distinct reasons. */
const MOST_REASONS = 64;

function openFeed(
  inputs: readonly Input[],
  schema: RowSchema,
  form: Omit<FileForm, "name"> & Pick<SimulateOptions, "symbolKey">,
  tally: Tally,
  { settings, output, signal }: CommandContext,
): Promise<RowFeed> {
  const { mode, loop, seed } = settings;
  const onRejected = (line: number, reason: string, file: string) => {
    tally.observer.rejectedRow?.(reason);
    countReason(tally, reason);
    if (++tally.rejected <= REJECTED_SHOWN) output.note(`${file}:${line}: ${reason}`);
    else if (tally.rejected === REJECTED_SHOWN + 1) {
      output.note("further rejected rows are only counted");
    }
  };
  const options = { ...form, onRejected, signal };
  switch (mode) {
    case "replay":
      return replay(inputs, schema, {
        ...options,
        loop,
        onRead: (bytes) => tally.bytesRead += bytes,
      });
    case "sample":
      return sample(inputs, schema, { ...options, seed });
    case "simulate":
      return simulate(inputs, schema, { ...options, seed });
  }
}

/** Bytes of all files, if they are read exactly once; absent if there is no end. */
function inputBytesOf(
  inputs: readonly Input[],
  { settings: { mode, loop } }: CommandContext,
): number | undefined {
  if (mode !== "replay" || loop) return undefined;
  const sizes = inputs.map(({ bytes }) => bytes ?? NaN);
  const sum = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return Number.isNaN(sum) ? undefined : sum;
}

async function send(
  feed: RowFeed,
  schema: RowSchema,
  broker: Broker,
  tally: Tally,
  inputBytes: number | undefined,
  { settings, output, signal }: CommandContext,
): Promise<void> {
  const { topic, partitions, rate, interval, count } = settings;
  try {
    const { created } = await broker.ensureTopic(topic, { partitions, signal });
    const isAsked = !created && settings.bootstrapServers !== undefined;
    const warning = isAsked ? warnOfCompaction(settings, schema, output) : undefined;
    const producer = await broker.producer({
      topic,
      signal,
      compression: settings.batchCompression,
      batchBytes: settings.batchSize,
    });
    const line = new Progress(output, "sent", "row");
    const timer = setInterval(() => {
      const more = `, rejected ${numberText(tally.rejected)}`;
      if (count === undefined && inputBytes !== undefined) {
        line.updateShare(tally.sent, tally.bytesRead, inputBytes, more);
      } else line.update(tally.sent, count, more);
    }, PROGRESS_MS);
    tally.startedAt = performance.now();
    tally.observer.started?.();
    try {
      await sendRows({
        feed,
        producer,
        pace: pace(rate === undefined ? interval : 1000 / rate, SEND_ROWS),
        count,
        signal,
        onSent(count) {
          tally.sent += count;
          tally.observer.sent?.(count);
        },
      });
    } finally {
      clearInterval(timer);
      await Promise.all([producer.close(), warning]);
    }
  } finally {
    feed.close();
  }
}

function summarize(tally: Tally, { output }: CommandContext): void {
  const { sent, rejected } = tally;
  const seconds = secondsOf(tally);
  output.document({ sent, rejected, seconds: Number(seconds.toFixed(3)) });
  output.line(
    `sent ${countText(sent, "row")} in ${seconds.toFixed(1)} s, rejected ${numberText(rejected)}`,
  );
}

function secondsOf({ startedAt }: Tally): number {
  return startedAt === undefined ? 0 : (performance.now() - startedAt) / 1000;
}
