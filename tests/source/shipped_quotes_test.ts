import assert from "node:assert/strict";
import { makeQuotes } from "../../data/make_quotes.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { parseCsvRow } from "../../mod/schema/parse_csv_row.ts";

const file = Deno.readTextFileSync(new URL("../../data/indexProcessed.csv", import.meta.url));

Deno.test("the shipped quotes are what their script makes, byte for byte", () => {
  assert.ok(makeQuotes() === file, "run data/make_quotes.ts, or undo the change to the file");
});

Deno.test("the shipped quotes are plausible: every row valid, 14 indices, days in order", async () => {
  const schema = await loadSchema();
  const [header, ...rows] = file.trimEnd().split("\n");
  assert.equal(header, "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD");
  assert.ok(rows.length > 9_500 && rows.length < 11_000, `${rows.length} rows`);
  const lastDay = new Map<string, number>();
  for (const row of rows) {
    const parsed = parseCsvRow(schema, row.split(","));
    assert.ok(typeof parsed !== "string", `${row}: ${parsed}`);
    const [index, day, open, high, low, close] = parsed as [string, ...number[]];
    assert.ok(low <= Math.min(open, close) && high >= Math.max(open, close), row);
    assert.ok(day > (lastDay.get(index) ?? -Infinity), row);
    assert.ok(![0, 6].includes(new Date(day * 86_400_000).getUTCDay()), row);
    lastDay.set(index, day);
  }
  assert.equal(lastDay.size, 14);
});
