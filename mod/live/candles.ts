import { isoDay } from "../schema/calendar.ts";
import type { MessageReader } from "../schema/message_reader.ts";
import type { ColumnType, RowSchema } from "../schema/schema.ts";
import { type QuoteFields, quoteFields } from "./quote_fields.ts";

/** One quote as the page gets it: day `YYYY-MM-DD`, prices, and the price in dollars where there is one. */
export type Quote = [
  symbol: string,
  day: string,
  open: number,
  high: number,
  low: number,
  close: number,
  usd: number | null,
];

/** Indices, and days of each, that are kept: what one page can show. */
const MOST_SYMBOLS = 200;
const MOST_DAYS = 2500;

/** Values of a row by column index; numbers, and text for strings. */
export type ValueOf = (column: number) => number | string | null;

/** Makes quotes of rows, for schemas that have what a quote needs. */
export class QuoteMaker {
  readonly #fields: QuoteFields;
  readonly #dateType: ColumnType | undefined;

  constructor(schema: RowSchema) {
    this.#fields = quoteFields(schema);
    const { date } = this.#fields;
    this.#dateType = date === undefined ? undefined : schema.columns[date].type;
  }

  /**
   * The quote of a row.
   * @param timestampMs the message's time, the day where rows have none
   * @returns `null` where the row has no price
   */
  make(valueOf: ValueOf, timestampMs: number): Quote | null {
    const { key, date, close, open, high, low, usd } = this.#fields;
    const number = (column: number | undefined) => {
      const value = column === undefined ? null : valueOf(column);
      return typeof value === "number" ? value : null;
    };
    const price = number(close);
    if (price === null) return null;
    const day = date === undefined ? null : valueOf(date);
    return [
      String(valueOf(key)),
      this.#day(day, timestampMs),
      number(open) ?? price,
      number(high) ?? price,
      number(low) ?? price,
      price,
      number(usd),
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

/** The newest quote of each index and day. */
export class Candles {
  readonly #symbols = new Map<string, Map<string, Quote>>();

  /** Adds a quote; of the same index and day the last one counts. */
  add(quote: Quote): void {
    const [symbol, day] = quote;
    let days = this.#symbols.get(symbol);
    if (days === undefined) {
      if (this.#symbols.size >= MOST_SYMBOLS) return;
      this.#symbols.set(symbol, days = new Map());
    }
    days.set(day, quote);
    if (days.size > MOST_DAYS) days.delete([...days.keys()].sort()[0]);
  }

  /** All quotes, by index and day. */
  all(): Quote[] {
    return [...this.#symbols.values()].flatMap((days) => [...days.values()])
      .sort((a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1);
  }
}
