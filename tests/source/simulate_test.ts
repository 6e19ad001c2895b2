import assert from "node:assert/strict";
import { keyedBy } from "../../mod/schema/keyed_by.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { findInput } from "../../mod/source/input.ts";
import { simulate } from "../../mod/source/simulate.ts";

const quotes = await loadSchema();
const NOON = Date.UTC(2026, 10, 26, 12);

async function rows(seed: number, count: number, now: () => number, key?: string) {
  const input = await findInput(undefined);
  const schema = keyedBy(quotes, key);
  const options = { seed, onRejected: assert.fail, now, symbolKey: quotes.key };
  const feed = await simulate([input], schema, options);
  const sent = (await feed.next(count))!;
  feed.close();
  return sent.map(({ key, value }) => ({ key, ...JSON.parse(new TextDecoder().decode(value)) }));
}

Deno.test("each symbol's price continues from its last close, today, within its candle", async () => {
  const lastClose = new Map<string, number>();
  const file = await Deno.readTextFile(new URL("../../data/indexProcessed.csv", import.meta.url));
  for (const line of file.trim().split("\n").slice(1)) {
    const [index, , , , , close] = line.split(",");
    lastClose.set(index, Number(close));
  }
  const seen = new Map<string, Record<string, number>>();
  for (const row of await rows(7, 3000, () => NOON)) {
    assert.equal(row.Date, "2026-11-26");
    assert.equal(row.key, row.Index);
    const before = seen.get(row.Index);
    const start = before?.Close ?? lastClose.get(row.Index)!;
    assert.ok(Math.abs(row.Close / start - 1) < 0.01, `${row.Index}: ${start} to ${row.Close}`);
    assert.ok(row.Low <= row.Close && row.Close <= row.High);
    assert.ok(row.Volume > (before?.Volume ?? 0));
    if (before !== undefined) {
      assert.equal(row.Open, before.Open);
      assert.notEqual(row.Close, before.Close);
    }
    seen.set(row.Index, row);
  }
  assert.equal(seen.size, lastClose.size);
});

Deno.test("the same seed makes the same prices; a new day opens at the last price", async () => {
  let at = NOON;
  const days = () => at += 60_000;
  const first = await rows(7, 2000, days);
  at = NOON;
  assert.deepEqual(await rows(7, 2000, days), first);
  assert.notDeepEqual(await rows(8, 2000, days), first);
  const one = first.filter(({ Index }) => Index === "HSI");
  const next = one.findIndex(({ Date }) => Date === "2026-11-27");
  assert.ok(next > 0);
  assert.equal(one[next].Open, one[next - 1].Close);
});

Deno.test("a symbol is one whatever the messages are keyed by", async () => {
  const first = await rows(7, 50, () => NOON);
  for (const key of ["none", "Date", "Index,Date"]) {
    const keyed = await rows(7, 50, () => NOON, key);
    assert.deepEqual(keyed.map((row) => ({ ...row, key: row.Index })), first, key);
    const of = ({ Index, Date }: { Index: string; Date: string }) =>
      ({ none: null, Date, "Index,Date": `${Index}|${Date}` })[key];
    assert.deepEqual(keyed.map((row) => row.key), first.map(of), key);
  }
  const input = await findInput(undefined);
  const byDay = keyedBy(quotes, "Index,Date");
  const feed = await simulate([input], byDay, { seed: 7, onRejected: assert.fail });
  const sent = (await feed.next(500))!.map(({ key }) => key);
  assert.equal(new Set(sent).size, 14);
});

Deno.test("a schema without a close has no market", async () => {
  const input = await findInput(undefined);
  const trades = await loadSchema("trades");
  await assert.rejects(simulate([input], trades, { onRejected: () => {} }), /has no column close/);
});
