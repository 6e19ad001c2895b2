import { type ExampleQuery, genericExamples } from "./generic_examples.ts";
import type { RowSchema } from "../schema/schema.ts";

/**
 * Ready-made queries. Those about quotes count a quote once however often it was sent (`produce`
 * samples): of the rows for one index and day, the last message's. Where the schema has other columns,
 * they ask what any table can answer.
 */
export function exampleQueries(schema: RowSchema): ExampleQuery[] {
  const has = (name: string) => schema.columns.some((column) => column.name === name);
  if (!COLUMNS.every(has)) return genericExamples(schema);
  const quotes = EXAMPLES.map(({ sql, ...rest }) => ({
    ...rest,
    sql: sql.replaceAll("index_quotes", schema.table).trim(),
  }));
  return [...quotes, ...genericExamples(schema)];
}

const COLUMNS = ["index", "date", "open", "high", "low", "close", "volume"];

const EXAMPLES: readonly ExampleQuery[] = [
  {
    name: "daily-move",
    answers: "The 20 largest moves of an index from one trading day to the next, in percent",
    sql: `
WITH days AS (
  SELECT "index", "date", max_by(close, kafka_offset) AS close
  FROM index_quotes
  GROUP BY "index", "date"
), moves AS (
  SELECT "index", "date", close,
    100 * (close / lag(close) OVER (PARTITION BY "index" ORDER BY "date") - 1) AS move
  FROM days
)
SELECT "index", "date", close, round(move, 2) AS percent
FROM moves
WHERE move IS NOT NULL
ORDER BY abs(move) DESC, "index", "date"
LIMIT 20`,
  },
  {
    name: "monthly-candles",
    answers: "Open, high, low, close and volume of each index and month",
    sql: `
WITH numbered AS (
  SELECT "index", "date", open, high, low, close, volume,
    row_number() OVER (PARTITION BY "index", "date" ORDER BY kafka_offset DESC) AS nth
  FROM index_quotes
)
SELECT "index", date_trunc('month', "date") AS month,
  min_by(open, "date") AS open, max(high) AS high, min(low) AS low,
  max_by(close, "date") AS close, sum(volume) AS volume, count(*) AS days
FROM numbered
WHERE nth = 1
GROUP BY "index", date_trunc('month', "date")
ORDER BY "index", month`,
  },
  {
    name: "correlation",
    answers: "Correlation of the daily moves of two indices, per year",
    sql: `
WITH days AS (
  SELECT "index", "date", max_by(close, kafka_offset) AS close
  FROM index_quotes
  WHERE "index" IN ('GSPTSE', 'NYA')
  GROUP BY "index", "date"
), moves AS (
  SELECT "index", "date",
    close / lag(close) OVER (PARTITION BY "index" ORDER BY "date") - 1 AS move
  FROM days
)
SELECT year(a."date") AS year, count(*) AS days, round(corr(a.move, b.move), 4) AS correlation
FROM moves a
JOIN moves b ON b."date" = a."date" AND b."index" = 'NYA'
WHERE a."index" = 'GSPTSE' AND a.move IS NOT NULL AND b.move IS NOT NULL
GROUP BY year(a."date")
ORDER BY 1`,
  },
  {
    name: "volatility",
    answers:
      "Volatility of each index and year: daily log returns, annualised by 252 days, in percent",
    sql: `
WITH days AS (
  SELECT "index", "date", max_by(close, kafka_offset) AS close
  FROM index_quotes
  GROUP BY "index", "date"
), returns AS (
  SELECT "index", "date",
    ln(close / lag(close) OVER (PARTITION BY "index" ORDER BY "date")) AS log_return
  FROM days
  WHERE close > 0
)
SELECT "index", year("date") AS year, count(log_return) AS days,
  round(100 * sqrt(252) * stddev_samp(log_return), 2) AS volatility
FROM returns
GROUP BY "index", year("date")
HAVING count(log_return) > 1
ORDER BY 1, 2`,
  },
  {
    name: "gaps",
    answers: "Gaps of more than 5 days between two of an index's trading days",
    sql: `
WITH days AS (
  SELECT DISTINCT "index", "date"
  FROM index_quotes
), steps AS (
  SELECT "index", lag("date") OVER (PARTITION BY "index" ORDER BY "date") AS last_day, "date"
  FROM days
)
SELECT "index", last_day, "date" AS next_day, date_diff('day', last_day, "date") AS days
FROM steps
WHERE date_diff('day', last_day, "date") > 5
ORDER BY 4 DESC, 1, 2`,
  },
];
