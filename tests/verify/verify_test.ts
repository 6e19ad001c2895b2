import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { countOffsets } from "../../mod/verify/offset_range.ts";
import { isTiled, type PartitionVerdict, verify } from "../../mod/verify/verify.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { quote, rows, sink } from "../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../sink/scripted_log.ts";

async function verified(
  log: ScriptedLog,
  lake: MemoryLake,
  deep: boolean,
): Promise<PartitionVerdict> {
  const { partitions: [verdict] } = await verify({
    broker: log,
    store: lake,
    topic: "quotes",
    group: "sink",
    table: "index_quotes",
    deep,
    signal: new AbortController().signal,
  });
  return verdict;
}

async function filled(entries: Entry[]): Promise<{ log: ScriptedLog; lake: MemoryLake }> {
  const log = new ScriptedLog([entries]);
  const lake = new MemoryLake();
  await sink(log, lake);
  return { log, lake };
}

function nameOf(lake: MemoryLake, nth: number): string {
  return [...lake.objects.keys()].sort()[nth];
}

Deno.test("what the sink wrote is proved by names and by rows, in both formats, with dead letters", async () => {
  for (const format of ["parquet", "jsonl"] as const) {
    const log = new ScriptedLog([[...rows(15), { value: "{" }, { value: null }, ...rows(8)]]);
    const lake = new MemoryLake();
    await sink(log, lake, { format });
    for (const deep of [false, true]) {
      const verdict = await verified(log, lake, deep);
      assert.ok(isTiled(verdict));
      assert.equal(verdict.expected, 25);
      assert.equal(verdict.found, 25);
    }
  }
});

Deno.test("an object that is gone is missing, with its offsets", async () => {
  const { log, lake } = await filled(rows(30));
  lake.objects.delete(nameOf(lake, 1));
  for (const deep of [false, true]) {
    const verdict = await verified(log, lake, deep);
    assert.ok(!isTiled(verdict));
    assert.deepEqual(verdict.missing, [{ first: 10, last: 19 }]);
    assert.equal(verdict.found, 20);
  }
});

Deno.test("one of a flush's objects that is gone is found by reading, as no name tells of it", async () => {
  const DAY_MS = 86_400_000;
  const { log, lake } = await filled([quote(1, 0), quote(2, DAY_MS), quote(3, 0)]);
  lake.objects.delete([...lake.objects.keys()].find((name) => name.includes("dt=1970-01-02"))!);
  assert.ok(isTiled(await verified(log, lake, false)));
  assert.deepEqual((await verified(log, lake, true)).missing, [{ first: 1, last: 1 }]);
});

Deno.test("rows that stand in two objects are duplicates, by name and by reading", async () => {
  const { log, lake } = await filled(rows(30));
  const name = nameOf(lake, 1);
  const copy = name.replace("dt=2026-11-24", "dt=2026-11-25");
  lake.objects.set(copy, lake.objects.get(name)!);
  // Two days of one flush are no fault by their names; the same rows in both are.
  assert.ok(isTiled(await verified(log, lake, false)));
  assert.deepEqual((await verified(log, lake, true)).duplicate, [{ first: 10, last: 19 }]);
});

Deno.test("offsets without a message are not missing, and what was one is", async () => {
  const { log, lake } = await filled([...rows(4), "hole", "hole", ...rows(3), "hole"]);
  const deep = await verified(log, lake, true);
  assert.ok(isTiled(deep));
  assert.deepEqual(deep.unproven, []);
  log.partitions[0][4] = quote();
  assert.deepEqual((await verified(log, lake, true)).missing, [{ first: 4, last: 4 }]);
});

Deno.test("offsets that retention has removed since, and that no row has, are told as unproven", async () => {
  const { log, lake } = await filled([...rows(4), "hole", "hole", ...rows(3)]);
  log.lows[0] = 9;
  const verdict = await verified(log, lake, true);
  assert.ok(isTiled(verdict));
  assert.deepEqual(verdict.unproven, [{ first: 4, last: 5 }]);
});

Deno.test("what retention removed before it was read is recorded, and not missing", async () => {
  const log = new ScriptedLog([rows(30)]);
  const lake = new MemoryLake();
  await sink(log, lake);
  log.partitions[0].push(...rows(30));
  log.lows[0] = 42;
  await sink(log, lake);
  for (const deep of [false, true]) {
    const verdict = await verified(log, lake, deep);
    assert.ok(isTiled(verdict));
    assert.equal(countOffsets(verdict.gaps), 12);
    assert.equal(verdict.expected, 60);
    assert.equal(verdict.found, 60);
  }
});

Deno.test("a flush that is half done is neither missing nor too much", async () => {
  const { log, lake } = await filled(rows(20));
  log.partitions[0].push(...rows(10));
  log.beforeCommit = (_, offset) => {
    if (offset === 30) throw new Failure("failed", "killed");
  };
  await assert.rejects(sink(log, lake), { message: "killed" });
  for (const deep of [false, true]) {
    const verdict = await verified(log, lake, deep);
    assert.ok(isTiled(verdict));
    // The table has it; only the commit is missing.
    assert.equal(verdict.expected, 30);
  }
});

Deno.test("objects of other topics, other tables and other programs do not count", async () => {
  const { log, lake } = await filled(rows(20));
  const bytes = lake.objects.get(nameOf(lake, 0))!;
  for (
    const name of [
      "index_quotes/dt=2026-11-24/quotes-1-0-0000000000000000-0000000000000009.parquet",
      "index_quotes/dt=2026-11-24/other-0-0000000000000000-0000000000000009.parquet",
      "index_quotes_2/dt=2026-11-24/quotes-0-0000000000000000-0000000000000009.parquet",
      "index_quotes/dt=2026-11-24/part-0.parquet",
      "index_quotes/_SUCCESS",
    ]
  ) lake.objects.set(name, bytes);
  const verdict = await verified(log, lake, true);
  assert.ok(isTiled(verdict));
  assert.equal(verdict.objects, 2);
});

Deno.test("an object that is damaged or holds other offsets than its name says is named", async () => {
  const { log, lake } = await filled(rows(20));
  const [first, second] = [nameOf(lake, 0), nameOf(lake, 1)];
  const good = lake.objects.get(first)!;
  lake.objects.set(first, lake.objects.get(second)!);
  const strange = await verified(log, lake, true);
  assert.ok(!isTiled(strange));
  assert.deepEqual(strange.unreadable, [{
    object: first,
    reason: `object ${first} has offset 10, outside the range in its name`,
    first: 0,
    last: 9,
    holes: [{ first: 0, last: 9 }],
  }]);
  lake.objects.set(first, good.subarray(0, 50));
  const { missing, unreadable: [damaged] } = await verified(log, lake, true);
  assert.deepEqual([missing, damaged.first, damaged.last], [[], 0, 9]);
  assert.match(damaged.reason, /cannot be read/);
});
