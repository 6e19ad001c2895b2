import assert from "node:assert/strict";
import { reasonKind, Rejections } from "../../../mod/ops/telemetry/rejections.ts";
import { checkMessage } from "../../../mod/schema/check_message.ts";
import { loadSchema } from "../../../mod/schema/load_schema.ts";

Deno.test("a kind of reason names the mistake and not the value", async () => {
  const schema = await loadSchema(undefined);
  const row = {
    Index: "HSI",
    Date: "1987-01-02",
    Open: 2,
    High: 3,
    Low: 1,
    Close: 2,
    "Adj Close": 2,
    Volume: 0,
    CloseUSD: 0.3,
  };
  const kindOf = (value: unknown) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const reason = checkMessage(schema, new TextEncoder().encode(text));
    assert.equal(typeof reason, "string", text);
    return reasonKind(reason as string);
  };
  assert.equal(kindOf({ ...row, Close: "x found y" }), "Close: expected a number");
  assert.equal(kindOf({ ...row, "Adj Close": '"; Low' }), "Adj Close: expected a number");
  assert.equal(kindOf({ ...row, Volume: -1 }), "Volume is below 0");
  assert.equal(kindOf({ ...row, Volume: 1e300 }), "Volume: number out of range");
  assert.equal(kindOf({ ...row, High: 0.5 }), "High is below Low");
  assert.equal(kindOf({ ...row, Date: "1987-02-31" }), "Date: no such day");
  assert.equal(kindOf({ ...row, Index: null, Date: 5 }), "Index is missing");
  assert.equal(kindOf("{"), "not JSON");
  assert.equal(kindOf("[]"), "expected a JSON object");
  assert.equal(reasonKind("no value (a tombstone)"), "no value (a tombstone)");
});

Deno.test("rejections are counted by kind, and there are never more kinds than a metric bears", () => {
  const rejections = new Rejections(1000);
  for (let i = 0; i < 1000; i++) rejections.add(`Column${i} is missing`, 2);
  assert.ok(rejections.byKind.size <= 65);
  const total = [...rejections.byKind.values()].reduce((sum, count) => sum + count, 0);
  assert.equal(total, 2000);
  assert.ok(rejections.byKind.get("other")! > 1800);
});

Deno.test("recent rejections are those within the window", () => {
  let now = 0;
  const rejections = new Rejections(60_000, () => now);
  rejections.add("empty value", 3);
  now = 500;
  rejections.add("empty value", 1);
  now = 30_000;
  rejections.add("empty value", 5);
  assert.equal(rejections.recent, 9);
  now = 60_000;
  assert.equal(rejections.recent, 5);
  now = 90_000;
  assert.equal(rejections.recent, 0);
  assert.deepEqual([...rejections.byKind], [["empty value", 9]]);
});
