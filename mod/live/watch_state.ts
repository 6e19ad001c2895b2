import { ByteInterner } from "../schema/byte_interner.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { FlushReport, SinkEvent } from "../sink/sink_event.ts";
import { type QuoteFields, quoteFields } from "./quote_fields.ts";

/** Closes of an index that are kept for its sparkline: as many as a wide terminal shows. */
const HISTORY = 120;

/** Milliseconds over which the rate is taken. */
const RATE_MS = 2000;

/** What was seen of one index. */
export interface WatchedIndex {
  symbol: string;
  rows: number;
  /** The newest close, and the one before. */
  close: number;
  previous: number;
  /** Days since 1970, or milliseconds for a timestamp; absent if the schema has neither. */
  date: number | undefined;
  /** The newest closes, the oldest first. */
  history: number[];
}

/** State of the terminal view: updated by the sink's events, drawn by watch_frame.ts. */
export class WatchState {
  readonly schema: RowSchema;
  readonly topic: string;
  readonly fields: QuoteFields;
  rows = 0;
  rejectedMessages = 0;
  /** The newest reason for a rejection. */
  lastReason: string | undefined;
  lastFlush: (FlushReport & { at: number }) | undefined;
  objects = 0;
  bytes = 0;
  obstacle: string | undefined;
  readonly #indices: WatchedIndex[] = [];
  readonly #symbols = new ByteInterner();
  readonly #standing = new Map<number, { next: number; high: number }>();
  /** Rows seen at points in time, for the rate. */
  #marks: Array<{ at: number; rows: number }> = [];

  constructor(schema: RowSchema, topic: string) {
    this.schema = schema;
    this.topic = topic;
    this.fields = quoteFields(schema);
  }

  /** The indices, by their symbols. */
  get indices(): WatchedIndex[] {
    return [...this.#indices].sort((a, b) => a.symbol < b.symbol ? -1 : 1);
  }

  /** Messages that are in the topic and were not read. */
  get unread(): number {
    let sum = 0;
    for (const { next, high } of this.#standing.values()) sum += Math.max(0, high - next);
    return sum;
  }

  /** Rows a second. @param now `performance.now()` */
  rate(now: number): number {
    this.#marks.push({ at: now, rows: this.rows });
    while (this.#marks.length > 2 && now - this.#marks[1].at > RATE_MS) this.#marks.shift();
    const [first] = this.#marks;
    return now > first.at ? (this.rows - first.rows) / (now - first.at) * 1000 : 0;
  }

  /** Takes a row that the reader holds. */
  take(reader: MessageReader): void {
    this.rows++;
    const { key, close, date } = this.fields;
    const number = this.#symbols.intern(reader.bytes, reader.starts[key], reader.ends[key]);
    let index = this.#indices[number];
    if (index === undefined) {
      const symbol = this.#symbols.text(number);
      index = { symbol, rows: 0, close: NaN, previous: NaN, date: undefined, history: [] };
      this.#indices[number] = index;
    }
    index.rows++;
    if (date !== undefined) index.date = reader.absent[date] ? undefined : reader.numbers[date];
    if (close === undefined || reader.absent[close]) return;
    index.previous = index.close;
    index.close = reader.numbers[close];
    index.history.push(index.close);
    if (index.history.length > HISTORY) index.history.shift();
  }

  /** Takes notice of what the sink does. */
  event(event: SinkEvent): void {
    switch (event.kind) {
      case "assigned":
        for (const partition of this.#standing.keys()) {
          if (!event.partitions.includes(partition)) this.#standing.delete(partition);
        }
        break;
      case "position":
        this.#standing.set(event.partition, { next: event.next, high: event.highWatermark });
        break;
      case "flushed":
        this.objects += event.flush.objects;
        this.bytes += event.flush.bytes;
        this.lastFlush = { ...event.flush, at: performance.now() };
        break;
      case "rejected":
        this.rejectedMessages += event.count;
        this.lastReason = event.reason;
        break;
      case "ready":
        this.obstacle = event.ready ? undefined : event.why ?? "not ready";
    }
  }
}
