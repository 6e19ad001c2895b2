import { batchValues } from "../broker/batch_values.ts";
import type { Broker } from "../broker/broker.ts";
import { JSON_FORM, type MessageForm } from "../message/message_form.ts";
import type { RowSchema } from "../schema/schema.ts";

/** Messages of a page. */
const PAGE_MESSAGES = 20;

/** Bytes of a message that are shown. */
const SHOWN_BYTES = 2048;

/** Bytes that are shown of a value that is not text. */
const SHOWN_BINARY = 256;

/** A message, as the page shows it. */
export interface ShownMessage {
  partition: number;
  offset: number;
  /** ISO 8601; empty if the message's timestamp is not a valid date. */
  timestamp: string;
  key: string | null;
  value: string | null;
  /** Why it is not a row; `null` if it is one. */
  reason: string | null;
}

/** Some messages of a partition, and where it begins and ends. */
export interface MessagePage {
  low: number;
  high: number;
  /** In the order of their offsets. */
  messages: ShownMessage[];
}

/** Which messages to read. */
export interface MessageRequest {
  partition: number;
  /** First offset; without it the last messages. */
  from?: number;
}

/** Where a page is read. */
export interface PageOf {
  broker: Broker;
  topic: string;
  schema: RowSchema;
  /** How messages are read. @default {as JSON} */
  form?: MessageForm;
}

/**
 * Reads a page of messages outside of any group; nothing is committed.
 * @returns `null` if there is no such partition
 */
export async function messagePage(
  { broker, topic, schema, form = JSON_FORM }: PageOf,
  { partition, from }: MessageRequest,
  signal: AbortSignal,
): Promise<MessagePage | null> {
  const offsets = await broker.topicOffsets(topic, { signal });
  const found = offsets?.find((offset) => offset.partition === partition);
  if (found === undefined) return null;
  const { low, high } = found;
  const begin = Math.min(Math.max(low, from ?? high - PAGE_MESSAGES), high);
  const messages: ShownMessage[] = [];
  const check = form.check(schema);
  for await (const batch of broker.read(topic, partition, begin, high, { low, signal })) {
    // Without its schema a message is shown, with that as the reason.
    await form.prepare?.(batchValues(batch), { signal, patienceMs: 0 })?.catch(() => {});
    for (let i = 0; i < batch.count && messages.length < PAGE_MESSAGES; i++) {
      const offset = batch.offset(i);
      if (offset < begin) continue;
      const value = batch.value(i);
      const checked = value === null ? "no value (a tombstone)" : check(value);
      const time = new Date(batch.timestamp(i));
      messages.push({
        partition,
        offset,
        timestamp: Number.isNaN(time.valueOf()) ? "" : time.toISOString(),
        key: shownBytes(batch.key(i)),
        value: shownBytes(value),
        reason: typeof checked === "string" ? checked : null,
      });
    }
    if (messages.length === PAGE_MESSAGES) break;
  }
  return { low, high, messages };
}

/** Bytes as text, or as hexadecimal if they are not UTF-8; long values are truncated. */
export function shownBytes(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  const cut = bytes.subarray(0, SHOWN_BYTES);
  const more = bytes.length > cut.length ? ` … (${bytes.length} bytes)` : "";
  try {
    // A letter that is cut in half is not the text's fault.
    return new TextDecoder("utf-8", { fatal: true }).decode(cut, { stream: more !== "" }) + more;
  } catch {
    const shown = bytes.subarray(0, SHOWN_BINARY);
    const hex = [...shown].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return `0x ${hex}${bytes.length > shown.length ? ` … (${bytes.length} bytes)` : ""}`;
  }
}
