import { keyColumns, type RowSchema } from "../schema/schema.ts";

/** Which columns of a schema are what a chart of quotes needs, by their index. */
export interface QuoteFields {
  /** The symbol: the schema's first key column, otherwise the first string. */
  key: number;
  /** The day: the first date or timestamp. */
  date: number | undefined;
  /** The price: `close`, otherwise the first double, otherwise the first long. */
  close: number | undefined;
  open: number | undefined;
  high: number | undefined;
  low: number | undefined;
  /** The price in US dollars: `close_usd`. */
  usd: number | undefined;
  /** What was traded: `volume`. */
  volume: number | undefined;
}

/** Finds them by name and type, so that any schema has something to show. */
export function quoteFields(schema: RowSchema): QuoteFields {
  const { columns } = schema;
  const named = (name: string) => found(columns.findIndex((column) => column.name === name));
  const ofType = (...types: string[]) =>
    found(columns.findIndex(({ type }) => types.includes(type)));
  return {
    key: keyColumns(schema)[0] ?? ofType("string") ?? 0,
    date: ofType("date") ?? ofType("timestamp"),
    close: named("close") ?? ofType("double") ?? ofType("long"),
    open: named("open"),
    high: named("high"),
    low: named("low"),
    usd: named("close_usd"),
    volume: named("volume"),
  };
}

function found(index: number): number | undefined {
  return index === -1 ? undefined : index;
}
