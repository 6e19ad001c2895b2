import assert from "node:assert/strict";
import { isProved, type TableVerdict, verify } from "../../mod/verify/verify.ts";
import { planRepair } from "../../mod/repair/repair_plan.ts";
import { MemoryLake } from "../sink/memory_lake.ts";
import { rows, sink } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";

function verified(log: ScriptedLog, lake: MemoryLake, deep: boolean, since?: number) {
  return verify({
    broker: log,
    store: lake,
    topic: "quotes",
    group: "sink",
    table: "index_quotes",
    deep,
    since: since === undefined ? undefined : new Map([[0, since]]),
    signal: new AbortController().signal,
  });
}

/** A lake of 30 rows, in objects of ten. */
async function filled(): Promise<{ log: ScriptedLog; lake: MemoryLake; names: string[] }> {
  const log = new ScriptedLog([rows(30)]);
  const lake = new MemoryLake();
  await sink(log, lake);
  const names = [...lake.objects.keys()].filter((name) => name.endsWith(".parquet")).sort();
  assert.equal(names.length, 3);
  return { log, lake, names };
}

/** As release 0.1.0 names an object. */
function keyless(name: string): string {
  const found = name.replace(/-[0-9a-f]{12}\./, ".");
  assert.notEqual(found, name);
  return found;
}

function unclaimed({ partitions }: TableVerdict) {
  return partitions.flatMap(({ unclaimed = [] }) => unclaimed);
}

Deno.test("objects of release 0.1.0 in a table of a later release are no proof, and are kept", async () => {
  const { log, lake, names } = await filled();
  assert.ok(isProved(await verified(log, lake, true)));
  for (const name of names.slice(1)) lake.objects.set(keyless(name), lake.objects.get(name)!);
  for (const deep of [false, true]) {
    for (const since of [undefined, 25]) {
      const verdict = await verified(log, lake, deep, since);
      assert.ok(!isProved(verdict));
      assert.deepEqual(unclaimed(verdict), [{ first: 10, last: 29 }]);
      const own = verdict.partitions.filter(({ unclaimed }) => unclaimed === undefined);
      assert.deepEqual(own.map(({ missing, duplicate }) => [missing, duplicate]), [[[], []]]);
    }
  }
  const verdict = await verified(log, lake, true);
  for (const one of verdict.partitions.filter(({ unclaimed }) => unclaimed !== undefined)) {
    const plan = planRepair(one, [], 0, { redundant: [], left: [], isOneRow: true });
    assert.deepEqual([plan.redundant, plan.lost, plan.rewriteFrom], [[], [], undefined]);
    assert.match(plan.hopeless.join(), /offsets? 10 to 29: objects of release 0\.1\.0/);
  }
});

Deno.test("objects of a lake that release 0.1.0 began are proved, before and after they are adopted", async () => {
  const { log, lake, names } = await filled();
  for (const name of names) {
    lake.objects.set(keyless(name), lake.objects.get(name)!);
    lake.objects.delete(name);
  }
  lake.state.clear();
  const before = await verified(log, lake, true);
  assert.ok(isProved(before));
  log.partitions[0].push(...rows(10));
  await sink(log, lake);
  const after = await verified(log, lake, true);
  assert.ok(isProved(after));
  assert.deepEqual([unclaimed(before), unclaimed(after)], [[], []]);
});
