import type { RecordBatch, ValueSpans } from "../broker/broker.ts";
import type { EncodeJob } from "../lake/format/encode_job.ts";
import { rowBuffer } from "../lake/format/buffers.ts";
import type { RowBuffer } from "../lake/format/row_buffer.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import { DeadLetters } from "./dead_letters.ts";
import { type FlushPolicy, isFull } from "./flush_policy.ts";
import { wrongTime } from "./message_time.ts";
import type { Layout } from "./layouts.ts";

/** Called with each accepted row; the reader holds it until the call returns. */
export type RowListener = (
  partition: number,
  reader: MessageReader,
  offset: number,
  timestampMs: number,
) => void;

/** What an {@linkcode OpenRange} needs. */
export interface OpenRangeOptions {
  topic: string;
  partition: number;
  /** First offset of the range. */
  first: number;
  /** Offset to read next: at least `first`. */
  next: number;
  schema: RowSchema;
  layout: Layout;
  /** See {@linkcode TableLog}. */
  fieldIds?: ReadonlyMap<string, number>;
  /** Where the range must end, if it repeats a flush. @default {anywhere} */
  cut?: number;
}

/** A range whose bounds are fixed. */
export interface SealedRange {
  first: number;
  /** First offset after it. */
  end: number;
  rows: number;
  /** Messages, each of which is one row, several or none. */
  messages: number;
  /** Rejected messages. */
  rejected: number;
  /** How often each reason was given. */
  reasons: ReadonlyMap<string, number>;
  layout: Layout;
}

/** The content of a range, for the encoder. */
export interface RangeContent {
  /** Absent if there is no row. */
  job: EncodeJob | undefined;
  paths: RowBuffer["paths"];
  deadLetters: DeadLetters;
  /** Bytes of memory held. */
  byteLength: number;
}

/** Maximum bytes of a value that is parsed: its JSON would take many times as much memory. */
const MOST_VALUE_BYTES = 4 * 2 ** 20;

/** What {@linkcode OpenRange.fill} took. */
export interface Filled {
  /** Index of the first message that was not taken. */
  next: number;
  messages: number;
  rows: number;
  /** Bytes of their values. */
  bytes: number;
  /** Whether it stopped only for a check of memory. */
  isSlice: boolean;
}

/** Bytes of messages and dead letters after which memory is checked, even within a batch. */
const SLICE_BYTES = 2 ** 20;

/**
 * The contiguous offsets `[first, next)` of one partition that are read and not sealed. Every
 * message in them is either rows or a dead letter.
 */
export class OpenRange {
  /** First offset; may be corrected until it is sealed. */
  first: number;
  readonly layout: Layout;
  #cut: number;
  readonly #partition: number;
  readonly #rows: RowBuffer;
  readonly #deadLetters: DeadLetters;
  #next: number;
  #messages = 0;
  #messageBytes = 0;
  #openedAt: number | undefined;

  constructor(options: OpenRangeOptions) {
    const { topic, partition, first, next, schema, layout, cut, fieldIds } = options;
    this.first = first;
    this.#cut = cut ?? Infinity;
    this.layout = layout;
    this.#partition = partition;
    this.#next = next;
    this.#rows = rowBuffer(layout.format, {
      schema,
      compression: layout.compression,
      partitioning: layout.partitioning,
      partition,
      fieldIds,
    });
    this.#deadLetters = new DeadLetters(topic, partition);
  }

  /** Offset to be read next. */
  get next(): number {
    return this.#next;
  }

  /** Messages read: rows and dead letters. */
  get messages(): number {
    return this.#messages;
  }

  /** Rows read. */
  get rows(): number {
    return this.#rows.rows;
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#rows.byteLength + this.#deadLetters.byteLength;
  }

  /** When it began to fill, by `performance.now()`; `undefined` before that. */
  get openedAt(): number | undefined {
    return this.#openedAt;
  }

  /** Where it must end; infinite if it may end anywhere. */
  get cut(): number {
    return this.#cut;
  }

  /** Whether it may end at its current offset. */
  get maySeal(): boolean {
    return this.#cut === Infinity || this.#next >= this.#cut;
  }

  /** Lets it end anywhere. */
  liftCut(): void {
    this.#cut = Infinity;
  }

  /** Whether it must be sealed because of its size. */
  isFull(policy: FlushPolicy): boolean {
    return isFull(policy, this.#rows.rows + this.#deadLetters.count, this.#sizeBytes);
  }

  /** Its size as the policy counts it: a dead letter may take much more than its message. */
  get #sizeBytes(): number {
    return Math.max(this.#messageBytes, this.#deadLetters.byteLength);
  }

  /** Takes messages of a batch from index `i` on, until it is full, cut, at `stop`, or a slice is done. */
  fill(
    batch: RecordBatch,
    i: number,
    reader: MessageReader,
    policy: FlushPolicy,
    stop: number,
    onRow: RowListener | undefined,
  ): Filled {
    const limit = Math.min(this.#cut, stop);
    const rows = this.#rows;
    const deadLetters = this.#deadLetters;
    const { spans } = batch;
    const [rowsBefore, messagesBefore, bytesBefore] = [
      rows.rows,
      this.messages,
      this.#messageBytes,
    ];
    // A range that must end at its cut cannot be full before it.
    const isFree = this.#cut === Infinity;
    const most = policy.rows - rows.rows - deadLetters.count;
    const last = isFree ? Math.min(batch.count, i + most) : batch.count;
    const room = isFree ? policy.bytes - this.#sizeBytes : Infinity;
    let slice = Math.min(SLICE_BYTES, room);
    for (; i < last && slice > 0; i++) {
      const offset = batch.offset(i);
      if (offset >= limit) break;
      // Already read: a broker may begin earlier than requested.
      if (offset < this.#next) continue;
      const timestampMs = batch.timestamp(i);
      let value: Uint8Array | null = null;
      let length: number;
      let reason: string | null;
      if (spans !== undefined && isRow(reader, spans, i, timestampMs)) {
        length = spans.end(i) - spans.start(i);
        reason = null;
      } else {
        value = batch.value(i);
        length = value === null ? 0 : value.length;
        reason = rejection(value, timestampMs);
        if (reason === null) {
          const record = reader.needsRecord
            ? { key: batch.key(i), headers: batch.headers(i) }
            : undefined;
          reason = reader.read(value!, record);
        }
      }
      if (reason === null) {
        reason = reader.hasSeveral
          ? this.#appendAll(reader, offset, timestampMs, onRow)
          : rows.append(reader, offset, timestampMs);
      }
      if (reason === null) {
        if (onRow !== undefined && !reader.hasSeveral) {
          onRow(this.#partition, reader, offset, timestampMs);
        }
        slice -= length;
        if (reader.hasSeveral && isFree && this.isFull(policy)) slice = 0;
      } else {
        const key = batch.key(i);
        const headers = batch.headers(i);
        // It may be a row that cannot be put into any object.
        value ??= batch.value(i);
        slice -= deadLetters.add({ offset, timestampMs, key, value, headers, reason });
      }
      this.#next = offset + 1;
      this.#messages++;
      this.#messageBytes += length;
    }
    if (this.messages > 0) this.#openedAt ??= performance.now();
    return {
      next: i,
      messages: this.messages - messagesBefore,
      rows: rows.rows - rowsBefore,
      bytes: this.#messageBytes - bytesBefore,
      isSlice: slice <= 0 && !this.isFull(policy),
    };
  }

  /** Adds the rows of one message: all of them, or none and the reason. */
  #appendAll(
    reader: MessageReader,
    offset: number,
    timestampMs: number,
    onRow: RowListener | undefined,
  ): string | null {
    let index = 0;
    do {
      const reason = this.#rows.refusal(reader, timestampMs);
      if (reason !== null) return `row ${index}: ${reason}`;
      index++;
    } while (reader.nextRow());
    reader.firstRow();
    do {
      this.#rows.append(reader, offset, timestampMs);
      if (onRow !== undefined) onRow(this.#partition, reader, offset, timestampMs);
    } while (reader.nextRow());
    return null;
  }

  /** Advances past offsets without a message. */
  advance(next: number): void {
    const to = Math.min(next, this.#cut);
    if (to <= this.#next) return;
    this.#next = to;
    this.#openedAt ??= performance.now();
  }

  /** Restarts its waiting time if it holds no message. */
  rest(): void {
    this.#openedAt = undefined;
  }

  /** Fixes its bounds and returns its content; it cannot be used afterwards. */
  seal(): { range: SealedRange; content: RangeContent } {
    const { byteLength, layout } = this;
    const rows = this.#rows;
    const deadLetters = this.#deadLetters;
    const range = {
      first: this.first,
      end: this.#next,
      rows: rows.rows,
      messages: this.#messages,
      rejected: deadLetters.count,
      reasons: deadLetters.reasons,
      layout,
    };
    const job = rows.rows > 0 ? rows.take() : undefined;
    return { range, content: { job, paths: rows.paths, deadLetters, byteLength } };
  }
}

/** Whether a message is a row that can be read in place; the reader then holds it. */
function isRow(reader: MessageReader, spans: ValueSpans, i: number, timestampMs: number): boolean {
  const start = spans.start(i);
  const end = spans.end(i);
  return end - start <= MOST_VALUE_BYTES && wrongTime(timestampMs) === null &&
    reader.readSpan(spans.source(i), start, end);
}

/** Why a message cannot be a row, whatever its value; `null` if it may be one. */
function rejection(value: Uint8Array | null, timestampMs: number): string | null {
  if (value === null) return "no value (a tombstone)";
  if (value.length > MOST_VALUE_BYTES) {
    return `value of ${value.length} bytes is larger than ${MOST_VALUE_BYTES}`;
  }
  return wrongTime(timestampMs);
}
