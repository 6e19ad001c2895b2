import assert from "node:assert/strict";
import type { GroupAdmin } from "../../mod/broker/group_admin.ts";
import { repair } from "../../mod/repair/repair.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { countOffsets } from "../../mod/verify/offset_range.ts";
import { isProved, type TableVerdict, verify } from "../../mod/verify/verify.ts";
import { encodeHere } from "../sink/encode_here.ts";
import { quote, quotes, rows, sink } from "../sink/run_sink.ts";
import { ScriptedLog } from "../sink/scripted_log.ts";
import { KilledLake } from "../table/killed_lake.ts";

const signal = new AbortController().signal;
const NAMES = { topic: "quotes", group: "sink" };

interface Place {
  log: ScriptedLog;
  lake: KilledLake;
}

/** A table of 50 rows with every fault that repair knows; the topic has offsets from 25 on. */
async function faulty(): Promise<Place & { restored: Uint8Array }> {
  const log = new ScriptedLog([rows(50)]);
  const lake = new KilledLake();
  await sink(log, lake, { encoder: encodeHere });
  const nameOf = (first: number) =>
    [...lake.objects.keys()].find((name) => name.includes(`-${String(first).padStart(16, "0")}-`))!;
  const restored = lake.objects.get(nameOf(0))!;
  lake.objects.set(nameOf(0), restored.slice(0, 99));
  const copy = nameOf(10).replace("0000000000000010-", "0000000000000009-");
  lake.objects.set(copy, lake.objects.get(nameOf(10))!);
  lake.objects.delete(nameOf(20));
  lake.objects.delete(nameOf(40));
  log.lows[0] = 25;
  return { log, lake, restored };
}

/** The same again, without writing it again. */
function copyOf({ log, lake }: Place): Place {
  const copy = { log: new ScriptedLog(log.partitions), lake: new KilledLake() };
  copy.log.lows[0] = log.lows[0];
  for (const [partition, offset] of log.committed) copy.log.committed.set(partition, offset);
  for (const [name, bytes] of lake.objects) copy.lake.objects.set(name, bytes);
  for (const [name, bytes] of lake.state) copy.lake.state.set(name, bytes);
  return copy;
}

function verified({ log, lake }: Place): Promise<TableVerdict> {
  return verify({
    ...NAMES,
    broker: log,
    store: lake,
    table: "index_quotes",
    deep: true,
    signal,
  });
}

async function repaired(place: Place, beforeConsume = () => {}, partitionBy = "dt") {
  const { log, lake } = place;
  const admin: GroupAdmin = {
    members: () => Promise.resolve(0),
    setOffsets(_group, _topic, offsets) {
      for (const { partition, offset, metadata } of offsets) {
        log.committed.set(partition, { partition, offset, metadata });
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return await repair({
    ...NAMES,
    broker: log,
    admin,
    store: lake,
    table: openHiveTable(lake, { schema: quotes, format: "parquet", partitionBy }),
    tableName: "index_quotes",
    verdict: await verified(place),
    dryRun: false,
    signal,
    async consume() {
      beforeConsume();
      await sink(log, lake, { encoder: encodeHere });
    },
  });
}

async function proved(place: Place, when: string, gap = 15): Promise<void> {
  const verdict = await verified(place);
  assert.ok(isProved(verdict), `${when}: ${JSON.stringify(verdict)}`);
  const [{ gaps, from, expected, unproven }] = verdict.partitions;
  // 0 to 9 cannot be read, and 20 to 24 are gone; the topic has neither.
  assert.deepEqual([countOffsets(gaps), from, expected, unproven], [gap, 0, 50, []], when);
}

Deno.test("a repair that is killed at any change is completed by the next", async () => {
  const { restored, ...origin } = await faulty();
  const whole = copyOf(origin);
  let before = 0;
  const [plan] = await repaired(whole, () => before = whole.lake.changes);
  const { redundant, aside, lost, rewriteFrom } = plan;
  assert.deepEqual([redundant.length, aside.length, rewriteFrom], [1, 1, 25]);
  assert.deepEqual(lost, [{ first: 20, last: 24 }, { first: 0, last: 9 }]);
  await proved(whole, "whole");
  assert.equal((await repaired(whole)).length, 0);
  // Put back from a backup: what was recorded as lost is not.
  const [damaged] = [...origin.lake.objects.keys()].filter((name) => /-0{16}-0{15}9-/.test(name));
  whole.lake.objects.set(damaged, restored);
  await repaired(whole);
  await proved(whole, "restored", 5);
  assert.ok(before > 8, String(before));
  for (let at = 1; at <= before; at++) {
    // Before a change is after the one before it.
    for (const after of at === 1 ? [false, true] : [true]) {
      const place = copyOf(origin);
      const when = `killed ${after ? "after" : "before"} change ${at} of ${before}`;
      Object.assign(place.lake, { at, after });
      await assert.rejects(repaired(place), /killed/, when);
      Object.assign(place.lake, { at: 0 });
      await repaired(place);
      await sink(place.log, place.lake, { encoder: encodeHere });
      await proved(place, when);
    }
  }
});

Deno.test("what a damaged object of several of a flush may have held is a gap, once the topic has it no more", async () => {
  const ofTwo = (i: number) => {
    const message = quote();
    assert.ok(typeof message === "object" && message !== null);
    const row = JSON.parse(String(message.value));
    return { ...message, value: JSON.stringify({ ...row, Index: i % 2 === 0 ? "AAA" : "BBB" }) };
  };
  const log = new ScriptedLog([Array.from({ length: 30 }, (_, i) => ofTwo(i))]);
  const place = { log, lake: new KilledLake() };
  await sink(log, place.lake, { partitionBy: "index" });
  const [[damaged, bytes]] = [...place.lake.objects].filter(([name]) =>
    name.includes("AAA") && name.includes("-0000000000000000-")
  );
  place.lake.objects.set(damaged, bytes.slice(0, 99));
  log.lows[0] = 20;
  assert.equal(isProved(await verified(place)), false);
  await repaired(place, undefined, "index");
  const verdict = await verified(place);
  const [{ gaps, found, expected, unproven }] = verdict.partitions;
  assert.deepEqual(gaps.map(({ first, last }) => [first, last]), [[0, 0], [2, 2], [4, 4], [6, 6], [
    8,
    8,
  ]]);
  assert.deepEqual([isProved(verdict), found, expected, unproven], [true, 30, 30, []]);
  const byNames = await verify({
    ...NAMES,
    broker: log,
    store: place.lake,
    table: "index_quotes",
    signal,
    deep: false,
  });
  assert.ok(isProved(byNames), JSON.stringify(byNames));
  // Restored, it makes the record redundant.
  place.lake.objects.set(damaged, bytes);
  await repaired(place, undefined, "index");
  const [after] = (await verified(place)).partitions;
  assert.deepEqual([after.gaps, after.found, after.duplicate], [[], 30, []]);
});
