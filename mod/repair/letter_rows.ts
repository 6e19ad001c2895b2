import type { RecordBatch } from "../broker/broker.ts";
import type { StoredDeadLetter } from "../lake/format/read_dead_letters.ts";
import type { FlushRange } from "../lake/layout.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import { OpenRange } from "../sink/open_range.ts";
import { type RangeObject, rangeObjects } from "../sink/range_objects.ts";
import type { ReplayOptions } from "./replay_options.ts";

/** Dead letters of one range as objects with rows, and the offsets of those that became rows. */
export async function encodeRows(
  letters: readonly StoredDeadLetter[],
  { partition, first, last }: FlushRange,
  options: ReplayOptions,
): Promise<{ objects: RangeObject[]; accepted: ReadonlySet<number> }> {
  const accepted = new Set<number>();
  if (letters.length === 0) return { objects: [], accepted };
  const { log, layout, schema, topic, reader, encoder } = options;
  const { fieldIds } = log;
  const range = new OpenRange({ topic, partition, first, next: first, schema, layout, fieldIds });
  const batch = batchOf(letters, partition);
  const policy = { rows: Infinity, bytes: Infinity, intervalMs: Infinity };
  for (let i = 0; i < letters.length;) {
    // Partitioning may refuse what the reader takes: that stays a dead letter.
    const onRow = (_: number, __: MessageReader, offset: number) => accepted.add(offset);
    i = range.fill(batch, i, reader, policy, Infinity, onRow).next;
  }
  range.advance(last + 1);
  const place = { log, partition, first, end: last + 1 };
  const all = await rangeObjects(range.seal().content, layout.format, place, encoder);
  return { objects: all.filter(({ kind }) => kind === "rows"), accepted };
}

/** Stored messages as a batch. */
function batchOf(letters: readonly StoredDeadLetter[], partition: number): RecordBatch {
  const last = letters[letters.length - 1].offset;
  return {
    partition,
    count: letters.length,
    nextOffset: last + 1,
    highWatermark: last + 1,
    offset: (i) => letters[i].offset,
    timestamp: (i) => timestampMs(letters[i].timestamp),
    key: (i) => letters[i].key,
    value: (i) => letters[i].value,
    headers: (i) => letters[i].headers,
  };
}

function timestampMs(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
}
