import assert from "node:assert/strict";
import { objectName, parseObjectName } from "../../mod/lake/layout.ts";
import { PRICES } from "../../mod/aws/prices.ts";
import { hasSmallObjects, lakeCost } from "../../mod/status/lake_cost.ts";
import { takeInventory } from "../../mod/status/lake_inventory.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { quote, rows, sink } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";

const DAY_MS = 86_400_000;

function inventoryOf(lake: MemoryLake) {
  return takeInventory(lake, "index_quotes", "quotes", new AbortController().signal);
}

Deno.test("an inventory counts offsets once, however many objects a flush has", async () => {
  const days = [quote(1, 0), quote(2, DAY_MS), { value: "{" }, { value: null }, quote(3, 0)];
  const log = new ScriptedLog([days, rows(25)]);
  const lake = new MemoryLake();
  await sink(log, lake);
  log.partitions[1].push(...rows(30));
  log.lows[1] = 40;
  await sink(log, lake);
  const other = [...lake.objects][0];
  lake.objects.set(other[0].replace("quotes-", "other-"), other[1]);
  const inventory = await inventoryOf(lake);
  assert.equal(inventory.offsets, 5 + 25 + 15);
  assert.equal(inventory.rejected, 2);
  assert.equal(inventory.rows, 3 + 25 + 15);
  assert.equal(inventory.gapObjects, 1);
  assert.equal(inventory.deadLetterObjects, 1);
  assert.equal(inventory.lost, 15);
  assert.equal(inventory.days, 3);
  assert.equal(inventory.objects, 2 + 3 + 2);
});

for (const format of ["parquet", "jsonl"] as const) {
  Deno.test(`rows are counted in the objects, not by their offsets: a compacted topic (${format})`, async () => {
    const log = new ScriptedLog([rows(30)]);
    const lake = new MemoryLake();
    await sink(log, lake, { format });
    // As a compacted topic is written: the range is wider than the rows in it.
    const [[name, bytes]] = lake.objects;
    const parsed = parseObjectName(name)!;
    lake.objects.clear();
    lake.objects.set(objectName({ ...parsed, last: parsed.last + 300 }), bytes);
    const { rows: counted, offsets } = await inventoryOf(lake);
    assert.deepEqual([offsets, counted], [310, 10]);
  });
}

Deno.test("rows that nobody can count are not guessed", async () => {
  const lake = new MemoryLake();
  await sink(new ScriptedLog([rows(30)]), lake);
  const [name] = lake.objects.keys();
  lake.objects.set(name, new Uint8Array(100));
  const { rows: counted, objects } = await inventoryOf(lake);
  assert.deepEqual([counted, objects], [null, 3]);
});

Deno.test("a lake's cost is that of its PUT requests and its bytes, by AWS's units", async () => {
  const lake = new MemoryLake();
  await sink(new ScriptedLog([rows(30)]), lake);
  const inventory = await inventoryOf(lake);
  assert.equal(lakeCost(inventory).putRequests, 3);
  const cost = lakeCost({
    ...inventory,
    objects: 1500,
    deadLetterObjects: 490,
    gapObjects: 10,
    days: 10,
    // 100 GB, as AWS counts them.
    bytes: 107_374_182_000,
    deadLetterBytes: 400,
  });
  const near = (found: number, expected: number) =>
    assert.ok(Math.abs(found - expected) < 1e-9, `${found}, expected ${expected}`);
  assert.equal(cost.putRequests, 2000);
  near(cost.putDollars, 0.01);
  near(cost.putDollarsMonth!, 0.03);
  near(cost.storageDollarsMonth, 2.3);
  assert.equal(cost.priceDate, PRICES.date);
  // A lake that has no days says nothing about a month.
  assert.equal(lakeCost({ ...inventory, days: 0 }).putDollarsMonth, null);
});

Deno.test("many small objects are told, a few or large ones are not", async () => {
  const lake = new MemoryLake();
  await sink(new ScriptedLog([rows(10)]), lake);
  const inventory = await inventoryOf(lake);
  assert.ok(!hasSmallObjects(inventory));
  assert.ok(hasSmallObjects({ ...inventory, objects: 1000, bytes: 1000 * 2 ** 20 }));
  assert.ok(!hasSmallObjects({ ...inventory, objects: 1000, bytes: 1000 * 2 ** 27 }));
});
