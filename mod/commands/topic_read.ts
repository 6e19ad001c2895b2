import { noSuchTopic } from "../broker/absent_topic.ts";
import type { Broker, PartitionOffsets, RecordBatch, UnreadableBatch } from "../broker/broker.ts";
import type { CommandContext } from "../cli/command.ts";
import { batchValues } from "../broker/batch_values.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import type { MessageForm } from "../message/message_form.ts";
import { openMessageForm } from "../message/open_message_form.ts";
import type { MessageCheck } from "../schema/message_reader.ts";
import { numberText, offsetsText } from "../terminal/amount_text.ts";
import { bytesText } from "../terminal/bytes_text.ts";
import { Progress } from "../terminal/progress.ts";
import { safeText } from "../terminal/safe_text.ts";
import { messageSchema } from "./message_schema.ts";
import { openExistingBroker } from "./open_broker.ts";
import { openTopicInspector } from "./open_topic_inspector.ts";
import { parseReadPosition, type ReadPosition } from "./read_position.ts";

/** One message, as displayed. */
interface ShownMessage {
  partition: number;
  offset: number;
  /** ISO 8601, or `null` if the message has no timestamp. */
  timestamp: string | null;
  key: string | null;
  value: string | null;
  headers: Record<string, string | null>;
  /** Whether `consume` would make a row of it. */
  row: boolean;
  /** Why not. */
  reason?: string;
}

/** `topic read`: messages, each with what `consume` would make of it. */
export async function run(context: CommandContext): Promise<number> {
  const { settings, output, signal } = context;
  const { topic } = settings;
  // Of the last few messages alone a condition would hold for none more often than not.
  const from = settings.where === undefined ? `-${limit(context)}` : "earliest";
  const position = parseReadPosition(settings.readFrom ?? from, "--from");
  const matches = condition(settings.where);
  const schema = await messageSchema(settings, signal);
  const form = await openMessageForm(settings, signal);
  const broker = await openExistingBroker(settings);
  try {
    const offsets = await broker.topicOffsets(topic, { signal });
    if (offsets === null) throw await noSuchTopic(broker, topic, { signal });
    const partitions = await starts(context, chosen(offsets, settings.readPartition), position);
    const fresh = { shown: 0, rows: 0 };
    const all = partitions.reduce((sum, { from, to }) => sum + to - from, 0);
    const progress = new Progress(output, "read", "message");
    let read = 0;
    for (const { partition, from, to } of partitions) {
      const unreadable = ({ first, end, reason }: UnreadableBatch) =>
        output.note(
          `partition ${partition}, ${offsetsText({ first, last: end - 1 })}: unreadable: ${reason}`,
        );
      const trouble = (reason: string) => output.note(`warning: ${reason}`);
      const check = form.check(schema);
      const reading = { broker, topic, form, check, signal, unreadable, trouble };
      for await (const message of messages(reading, partition, from, to)) {
        if (fresh.shown >= limit(context)) break;
        progress.update(read + message.offset + 1 - from, all);
        if (!matches(message)) continue;
        fresh.shown++;
        if (message.row) fresh.rows++;
        print(message, context);
      }
      read += to - from;
    }
    progress.close();
    output.note(
      `${numberText(fresh.shown)} shown, ${numberText(fresh.rows)} of them rows of ` +
        `${schema.table}; nothing was committed`,
    );
    return 0;
  } finally {
    output.progress("");
    await broker.close();
  }
}

function limit({ settings }: CommandContext): number {
  return settings.readCount;
}

function chosen(offsets: PartitionOffsets[], partition: number | undefined): PartitionOffsets[] {
  if (partition === undefined) return offsets;
  const found = offsets.filter((offset) => offset.partition === partition);
  if (found.length > 0) return found;
  throw new Failure(
    "usage",
    `--partition: expected one of 0 to ${offsets.length - 1}, found ${partition}`,
  );
}

/** Ranges to read, by partition. */
async function starts(
  { settings, signal }: CommandContext,
  offsets: PartitionOffsets[],
  position: ReadPosition,
): Promise<Array<{ partition: number; from: number; to: number }>> {
  const within = ({ partition, low, high }: PartitionOffsets, from: number) => ({
    partition,
    from: Math.min(high, Math.max(low, from)),
    to: high,
  });
  switch (position.kind) {
    case "earliest":
      return offsets.map((offset) => within(offset, offset.low));
    case "latest":
      return offsets.map((offset) => within(offset, offset.high));
    case "offset":
      return offsets.map((offset) => within(offset, position.offset));
    case "last":
      return shareOut(offsets, position.messages).map(({ offset, messages }) =>
        within(offset, offset.high - messages)
      );
    case "time": {
      const inspector = await openTopicInspector(settings, { signal });
      try {
        const found = await inspector.offsetsAt(settings.topic, position.timeMs, signal);
        return offsets.map((offset) => within(offset, found.get(offset.partition) ?? offset.high));
      } finally {
        await inspector.close();
      }
    }
  }
}

/** Shares a number of messages out to the partitions that have some, as evenly as they allow. */
function shareOut(
  offsets: PartitionOffsets[],
  messages: number,
): Array<{ offset: PartitionOffsets; messages: number }> {
  const shares = offsets.map((offset) => ({ offset, messages: 0 }));
  let left = messages;
  // Partitions with few messages first: what they cannot give the others do.
  const bySize = [...shares].sort((a, b) => size(a.offset) - size(b.offset));
  bySize.forEach((share, i) => {
    share.messages = Math.min(size(share.offset), Math.ceil(left / (bySize.length - i)));
    left -= share.messages;
  });
  return shares;
}

function size({ low, high }: PartitionOffsets): number {
  return high - low;
}

/** What messages are read by. */
interface Reading {
  broker: Broker;
  topic: string;
  form: MessageForm;
  check: MessageCheck;
  signal: AbortSignal;
  /** Called with the reason when messages cannot be checked. */
  trouble(reason: string): void;
  /** Called for each unreadable batch. */
  unreadable(batch: UnreadableBatch): void;
}

async function* messages(
  { broker, topic, form, check, signal, unreadable, trouble }: Reading,
  partition: number,
  from: number,
  to: number,
): AsyncIterable<ShownMessage> {
  for await (const batch of broker.read(topic, partition, from, to, { signal, unreadable })) {
    try {
      await form.prepare?.(batchValues(batch), { signal, patienceMs: 0 });
    } catch (error) {
      // What a message holds can be shown without its schema.
      if (signal.aborted) throw error;
      trouble(messageOf(error));
    }
    for (let i = 0; i < batch.count; i++) {
      const offset = batch.offset(i);
      if (offset >= from && offset < to) yield shown(batch, i, check, form);
    }
  }
}

function shown(
  batch: RecordBatch,
  i: number,
  check: MessageCheck,
  form: MessageForm,
): ShownMessage {
  const timestamp = batch.timestamp(i);
  const value = batch.value(i);
  const record = { key: batch.key(i), headers: batch.headers(i) };
  const checked = value === null ? "no value (a tombstone)" : check(value, record);
  const reason = typeof checked === "string" ? checked : undefined;
  return {
    partition: batch.partition,
    offset: batch.offset(i),
    timestamp: isDate(timestamp) ? new Date(timestamp).toISOString() : null,
    key: bytesText(batch.key(i)),
    value: value !== null && form.text?.(value) || bytesText(value),
    headers: Object.fromEntries(
      batch.headers(i).map(([name, header]) => [name, bytesText(header)]),
    ),
    row: reason === undefined,
    ...reason === undefined ? {} : { reason },
  };
}

/** Kafka's -1 means no timestamp; values beyond the range of Date count as none, too. */
function isDate(timestamp: number): boolean {
  return timestamp >= 0 && timestamp <= 8.64e15;
}

function print(message: ShownMessage, { settings, output }: CommandContext): void {
  output.document(message);
  if (output.json) return;
  if (settings.readFormat === "json") return output.line(JSON.stringify(message));
  if (settings.readFormat === "raw") return output.line(message.value ?? "");
  const { partition, offset, timestamp, key, value, row, reason } = message;
  output.line(
    `${partition}:${offset}  ${timestamp ?? "no timestamp"}  key ${safeText(key ?? "none")}`,
  );
  output.line(`  ${value === null ? "no value (a tombstone)" : safeText(value)}`);
  if (!row) output.line(`  no row: ${reason}`);
}

/** `NAME=VALUE` over the fields of a message's JSON object. */
function condition(where: string | undefined): (message: ShownMessage) => boolean {
  if (where === undefined) return () => true;
  const at = where.indexOf("=");
  if (at < 1) {
    throw new Failure("usage", `--where: expected NAME=VALUE, found ${JSON.stringify(where)}`, {
      fix: "Such as --where 'Index=HSI'; the name is the message's field.",
    });
  }
  const [name, wanted] = [where.slice(0, at), where.slice(at + 1)];
  return ({ value }) => {
    try {
      const fields = JSON.parse(value ?? "null") as Record<string, unknown> | null;
      return fields !== null && Object.hasOwn(fields, name) && String(fields[name]) === wanted;
    } catch {
      return false;
    }
  };
}
