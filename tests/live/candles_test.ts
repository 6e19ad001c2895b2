import assert from "node:assert/strict";
import { Candles, type Quote, QuoteMaker } from "../../mod/live/candles.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";

const quotes = await loadSchema();

/** Single prices: neither a day nor an opening. */
const TICKS: RowSchema = {
  table: "ticks",
  key: "Symbol",
  columns: [
    { wire: "Symbol", name: "symbol", type: "string", required: true },
    { wire: "At", name: "at", type: "timestamp", required: true },
    { wire: "Price", name: "price", type: "double", required: false },
  ],
  notBelow: [],
};

const NOON = Date.UTC(2024, 0, 2, 12);

function made(schema: RowSchema, values: Record<string, number | string | null>): Quote | null {
  const maker = new QuoteMaker(schema);
  return maker.make((c) => values[schema.columns[c].name] ?? null, NOON);
}

Deno.test("a row of quotes is a candle by its own day", () => {
  const values = { index: "HSI", open: 1, high: 4, low: 0.5, close: 2, close_usd: 3, volume: 8 };
  const day = Date.UTC(2023, 4, 6) / 86_400_000;
  const quote: Quote = ["HSI", "2023-05-06", 1, 4, 0.5, 2, 3, 8];
  assert.deepEqual(made(quotes, { ...values, date: day }), quote);
  assert.deepEqual(made(quotes, { ...values, date: "2023-05-06" }), quote);
  assert.equal(made(quotes, { ...values, date: day, close: null }), null);
});

Deno.test("a single price is a candle of its timestamp's day; without a column for it, of its message's", () => {
  const values = { symbol: "HSI", price: 2 };
  const at = Date.UTC(2023, 4, 6, 23, 59);
  assert.deepEqual(made(TICKS, { ...values, at }), ["HSI", "2023-05-06", 2, 2, 2, 2, null, null]);
  const columns = TICKS.columns.filter(({ name }) => name !== "at");
  assert.deepEqual(
    made({ ...TICKS, columns }, values),
    ["HSI", "2024-01-02", 2, 2, 2, 2, null, null],
  );
});

Deno.test("of rows that are whole days the last one counts", () => {
  assert.equal(new QuoteMaker(quotes).wholeDays, true);
  const candles = new Candles(true);
  candles.add(["HSI", "2024-01-02", 1, 9, 1, 2, null, null]);
  const again: Quote = ["HSI", "2024-01-02", 3, 4, 3, 4, null, null];
  assert.deepEqual(candles.add(again), again);
  assert.deepEqual(candles.all(), [again]);
});

Deno.test("single prices make the candle of their day together", () => {
  assert.equal(new QuoteMaker(TICKS).wholeDays, false);
  const candles = new Candles(false);
  for (const price of [5, 9, 1, 4]) {
    candles.add(["HSI", "2024-01-02", price, price, price, price, null, 10]);
  }
  candles.add(["HSI", "2024-01-03", 7, 7, 7, 7, null, null]);
  assert.deepEqual(candles.all(), [
    ["HSI", "2024-01-02", 5, 9, 1, 4, null, 40],
    ["HSI", "2024-01-03", 7, 7, 7, 7, null, null],
  ]);
});

Deno.test("however much comes, no more is kept than a page can show", () => {
  const candles = new Candles(true);
  const price = [1, 1, 1, 1, null, null] as const;
  for (let day = 0; day < 3000; day++) {
    candles.add(["HSI", new Date(day * 86_400_000).toISOString().slice(0, 10), ...price]);
  }
  for (let i = 0; i < 500; i++) candles.add([`INDEX-${i}`, "2024-01-02", ...price]);
  const all = candles.all();
  const days = all.filter(([symbol]) => symbol === "HSI").map(([, day]) => day);
  assert.equal(days.length, 2500);
  assert.equal(days[0], new Date(500 * 86_400_000).toISOString().slice(0, 10), "the oldest go");
  assert.equal(new Set(all.map(([symbol]) => symbol)).size, 200);
  // An older day than all that are kept changes nothing, and is not sent to anyone.
  assert.equal(candles.add(["HSI", "1960-01-01", ...price]), null);
  assert.equal(candles.add(["ANOTHER", "2024-01-02", ...price]), null);
  assert.equal(candles.all().length, all.length);
});
