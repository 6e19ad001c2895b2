import type { Broker } from "../broker/broker.ts";
import type { CommandContext } from "../cli/command.ts";
import type { SinkSummary } from "../sink/sink.ts";
import type { SinkEvent } from "../sink/sink_event.ts";
import { numberText, sizeText } from "../terminal/amount_text.ts";
import { Progress } from "../terminal/progress.ts";

/** Milliseconds between two drawings of the progress. */
const PROGRESS_MS = 200;

/** Messages that a run to the topic's end has to read; absent if nobody would see it. */
export async function messagesAhead(
  broker: Broker,
  { settings, output, signal }: CommandContext,
): Promise<number | undefined> {
  const { topic, group } = settings;
  if (!output.interactive) return undefined;
  const offsets = await broker.topicOffsets(topic, { signal, leaderless() {} }) ?? [];
  const committed = await broker.groupOffsets(group, topic, { signal });
  return offsets.reduce((sum, { partition, low, high }) => {
    const offset = committed.find((one) => one.partition === partition)?.offset ?? low;
    return sum + high - Math.min(high, Math.max(low, offset));
  }, 0);
}

/** The progress line while a sink runs. */
export interface SinkProgress {
  onEvent(event: SinkEvent): void;
  close(): void;
}

/**
 * Draws how far a sink is.
 * @param ahead messages that it has to read; absent if it has no end
 */
export function startProgress(
  summary: SinkSummary,
  ahead: number | undefined,
  { output }: CommandContext,
): SinkProgress {
  if (!output.interactive) return { onEvent() {}, close() {} };
  let buffered = 0;
  const line = new Progress(output, "read", "message");
  const draw = () => {
    const { read, written, rejected } = summary;
    line.update(
      read,
      ahead,
      `, wrote ${numberText(written)}, rejected ${numberText(rejected)}, holding ` +
        sizeText(buffered),
    );
  };
  draw();
  const timer = setInterval(draw, PROGRESS_MS);
  return {
    onEvent(event) {
      if (event.kind === "buffered") buffered = event.bytes;
    },
    close() {
      clearInterval(timer);
      line.close();
    },
  };
}
