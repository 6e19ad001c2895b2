import { hasDay, isoDay } from "../schema/calendar.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { ColumnType, RowSchema } from "../schema/schema.ts";
import { type QuoteFields, quoteFields } from "./quote_fields.ts";

/**
 * One quote as the page gets it: day `YYYY-MM-DD`, prices, the price in dollars and the volume, if
 * there are any.
 */
export type Quote = [
  symbol: string,
  day: string,
  open: number,
  high: number,
  low: number,
  close: number,
  usd: number | null,
  volume: number | null,
];

/** Indices, and days of each, that are kept: what one page can show. */
const MOST_SYMBOLS = 200;
const MOST_DAYS = 2500;

/** Values of a row by column index; numbers, and text for strings. */
export type ValueOf = (column: number) => number | string | null;

/** Makes quotes of rows, for schemas that have what a quote needs. */
export class QuoteMaker {
  /** Whether a row is a whole day; otherwise it is one price of many. */
  readonly wholeDays: boolean;
  readonly #fields: QuoteFields;
  readonly #dateType: ColumnType | undefined;

  constructor(schema: RowSchema) {
    this.#fields = quoteFields(schema);
    const { date, open, high, low } = this.#fields;
    this.wholeDays = open !== undefined && high !== undefined && low !== undefined;
    this.#dateType = date === undefined ? undefined : schema.columns[date].type;
  }

  /**
   * The quote of a row.
   * @param timestampMs the message's time, the day where rows have none
   * @returns `null` if the row has no price
   */
  make(valueOf: ValueOf, timestampMs: number): Quote | null {
    const { key, date, close, open, high, low, usd, volume } = this.#fields;
    const number = (column: number | undefined) => {
      const value = column === undefined ? null : valueOf(column);
      return typeof value === "number" ? value : null;
    };
    const price = number(close);
    const day = date === undefined ? null : valueOf(date);
    if (price === null || (day === null && !hasDay(timestampMs))) return null;
    return [
      String(valueOf(key)),
      this.#day(day, timestampMs),
      number(open) ?? price,
      number(high) ?? price,
      number(low) ?? price,
      price,
      number(usd),
      number(volume),
    ];
  }

  #day(value: number | string | null, timestampMs: number): string {
    if (typeof value === "string") return value.slice(0, 10);
    if (value !== null && this.#dateType === "date") return isoDay(value);
    return new Date(value ?? timestampMs).toISOString().slice(0, 10);
  }
}

const decoder = new TextDecoder();

/** The values of the row that a reader holds. */
export function readerValues(reader: MessageReader): ValueOf {
  const { columns } = reader.schema;
  return (c) =>
    reader.absent[c]
      ? null
      : columns[c].type === "string"
      ? decoder.decode(reader.bytes.subarray(reader.starts[c], reader.ends[c]))
      : reader.numbers[c];
}

/** One candle of each index and day. */
export class Candles {
  readonly #symbols = new Map<string, Map<string, Quote>>();
  readonly #wholeDays: boolean;

  /** @param wholeDays of {@linkcode QuoteMaker.wholeDays} */
  constructor(wholeDays: boolean) {
    this.#wholeDays = wholeDays;
  }

  /**
   * Adds a quote. Of an index and a day the last one counts; where quotes are single prices, they
   * make the day's candle together.
   * @returns the day's current candle; `null` if there are more indices or days than are kept
   */
  add(quote: Quote): Quote | null {
    const [symbol, day] = quote;
    let days = this.#symbols.get(symbol);
    if (days === undefined) {
      if (this.#symbols.size >= MOST_SYMBOLS) return null;
      this.#symbols.set(symbol, days = new Map());
    }
    const known = days.get(day);
    const candle = known === undefined || this.#wholeDays ? quote : joined(known, quote);
    days.set(day, candle);
    if (days.size <= MOST_DAYS) return candle;
    let oldest = day;
    for (const other of days.keys()) if (other < oldest) oldest = other;
    days.delete(oldest);
    return oldest === day ? null : candle;
  }

  /** All quotes, by index and day. */
  all(): Quote[] {
    return [...this.#symbols.values()].flatMap((days) => [...days.values()])
      .sort((a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1);
  }
}

function joined(known: Quote, quote: Quote): Quote {
  const [symbol, day, , high, low, close, usd, volume] = quote;
  const [, , open, highest, lowest, , , traded] = known;
  const sum = volume === null ? traded : (traded ?? 0) + volume;
  return [symbol, day, open, Math.max(highest, high), Math.min(lowest, low), close, usd, sum];
}
