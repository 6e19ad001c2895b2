import daily from "../../data/daily.schema.json" with { type: "json" };
import indexQuotes from "../../data/index_quotes.schema.json" with { type: "json" };
import investing from "../../data/investing.schema.json" with { type: "json" };
import ohlcv from "../../data/ohlcv.schema.json" with { type: "json" };
import trades from "../../data/trades.schema.json" with { type: "json" };

/** The schemas that come with the program, as they would stand in a file, by name. */
export const SHIPPED_SCHEMAS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["index_quotes", indexQuotes],
  ["daily", daily],
  ["ohlcv", ohlcv],
  ["investing", investing],
  ["trades", trades],
]);
