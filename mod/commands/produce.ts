import type { Broker } from "../broker/broker.ts";
import type { CommandContext } from "../cli/command.ts";
import { countText, numberText } from "../terminal/amount_text.ts";
import { EXIT_CODES } from "../failure/failure.ts";
import { startOperations } from "../ops/telemetry/operations.ts";
import type { ProduceObserver } from "../ops/telemetry/produce_observer.ts";
import { loadSchema } from "../schema/load_schema.ts";
import type { RowSchema } from "../schema/schema.ts";
import { findInput, type Input } from "../source/input.ts";
import { pace } from "../source/pace.ts";
import { replay } from "../source/replay.ts";
import type { RowFeed } from "../source/row_feed.ts";
import { sample } from "../source/sample.ts";
import { SEND_ROWS, sendRows } from "../source/send_rows.ts";
import { openBroker } from "./open_broker.ts";

/** Rejected rows that are named one by one; the others are counted. */
const REJECTED_SHOWN = 20;

/** Milliseconds between two drawings of the progress. */
const PROGRESS_MS = 200;

/** What has come of the rows so far. */
interface Tally {
  /** Rows that all replicas have acknowledged. */
  sent: number;
  rejected: number;
  /** Time of the first send, once there is one. */
  startedAt?: number;
  readonly observer: ProduceObserver;
}

/** `produce`: rows of a CSV file to the topic. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const schema = await loadSchema(settings.schema);
  const input = await findInput(settings.input);
  const operations = await startOperations({ command: "produce", settings });
  const tally: Tally = { sent: 0, rejected: 0, observer: operations.produced };
  let broker: Broker | undefined;
  try {
    broker = await openBroker(settings, { signal });
    const doing = settings.mode === "replay" ? "replaying" : "sampling";
    output.note(
      `${doing} ${input.description} into topic ${settings.topic} on ${broker.description}`,
    );
    await send(await openFeed(input, schema, tally, context), broker, tally, context);
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
  if (!settings.strict || tally.rejected === 0) return 0;
  output.note(`error: rejected ${countText(tally.rejected, "row")}, and --strict was given`);
  return EXIT_CODES.rejected;
}

function openFeed(
  input: Input,
  schema: RowSchema,
  tally: Tally,
  { settings, output, signal }: CommandContext,
): Promise<RowFeed> {
  const { mode, loop, seed } = settings;
  const onRejected = (line: number, reason: string) => {
    tally.observer.rejectedRow?.(reason);
    if (++tally.rejected <= REJECTED_SHOWN) output.note(`${input.name}:${line}: ${reason}`);
    else if (tally.rejected === REJECTED_SHOWN + 1) {
      output.note("further rejected rows are counted");
    }
  };
  return mode === "replay"
    ? replay(input, schema, { loop, onRejected, signal })
    : sample(input, schema, { seed, onRejected, signal });
}

async function send(
  feed: RowFeed,
  broker: Broker,
  tally: Tally,
  { settings, output, signal }: CommandContext,
): Promise<void> {
  const { topic, partitions, rate, interval, count } = settings;
  try {
    await broker.ensureTopic(topic, { partitions, signal });
    const producer = await broker.producer({ topic, signal });
    const timer = setInterval(() => output.progress(progress(tally)), PROGRESS_MS);
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
      await producer.close();
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

function progress(tally: Tally): string {
  const rate = Math.round(tally.sent / secondsOf(tally));
  return `sent ${countText(tally.sent, "row")}, ${numberText(rate)} a second, ` +
    `rejected ${numberText(tally.rejected)}`;
}

function secondsOf({ startedAt }: Tally): number {
  return startedAt === undefined ? 0 : (performance.now() - startedAt) / 1000;
}
