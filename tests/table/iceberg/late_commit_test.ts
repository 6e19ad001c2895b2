/**
 * A former owner of a partition has put the files of a flush and is paused before its commit; the next owner does
 * not repeat that flush. Then the commit arrives.
 */
import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { parseObjectName } from "../../../mod/lake/layout.ts";
import type { LakeStore } from "../../../mod/lake/store.ts";
import type { Table } from "../../../mod/table/table.ts";
import { IcebergPlace } from "../../repair/iceberg_place.ts";
import { killedSink } from "../../sink/killed_sink.ts";
import { quote, sink } from "../../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../../sink/scripted_log.ts";

const ROWS = 30;

/** Every third message is no row. */
function entries(): Entry[] {
  return Array.from({ length: ROWS }, (_, i) => i % 3 === 1 ? { value: "{" } : quote(100 + i));
}

/** What is done before the offsets are written again. */
const WAYS: Record<string, (log: ScriptedLog) => void> = {
  "a program with other rules takes over": (log) => {
    const { offset, metadata } = log.committed.get(0)!;
    const other = JSON.stringify({ ...JSON.parse(metadata), rules: 1 });
    log.committed.set(0, { partition: 0, offset, metadata: other });
    // By its rules this is no row.
    log.partitions[0][12] = { value: "{" };
  },
  "the group's offsets are deleted": (log) => log.committed.clear(),
  "the group's offsets are moved back": (log) => {
    const { offset } = log.committed.get(0)!;
    log.committed.set(0, { partition: 0, offset: Math.min(5, offset!), metadata: "" });
  },
};

/** A table as its former owner has it: the commit of the range from 10 on is kept back. */
function keepingBack(table: Table): { table: Table; land(): Promise<unknown> } {
  let land: () => Promise<unknown> = () => Promise.reject(new Error("there was no such commit"));
  const log: Table["log"] = async (...args) => {
    const log = await table.log(...args);
    const take = log.take.bind(log);
    log.take = (ranges) => {
      if (!ranges.some(({ first }) => first === 10)) return take(ranges);
      land = () => take(ranges);
      throw new Failure("failed", "paused for good");
    };
    return log;
  };
  return { table: { description: table.description, log }, land: () => land() };
}

for (const [way, act] of Object.entries(WAYS)) {
  for (const rows of [10, 7]) {
    Deno.test(`${way}: a commit of before that arrives late does no harm (ranges of ${rows})`, async () => {
      const policy = { rows, bytes: 2 ** 20, intervalMs: 60_000 };
      let refused = 0;
      // Commits and puts of the next owner that come before.
      for (let steps = rows - 7; steps < 26; steps += 6) {
        const place = new IcebergPlace(new ScriptedLog([entries()]));
        const { log, lake } = place;
        const former = keepingBack(place.open().table);
        const own = { rows: 10, bytes: 2 ** 20, intervalMs: 60_000 };
        await assert.rejects(sink(log, lake, { table: former.table, policy: own }), {
          message: "paused for good",
        });
        act(log);
        await killedSink(log, lake, steps, { table: place.open().table, policy });
        await former.land().catch((error) => {
          assert.ok(error instanceof Failure && error.kind === "failed", String(error));
          refused++;
        });
        await sink(log, lake, { table: place.open().table, policy });
        await place.proved(ROWS, `after ${steps} steps`);
      }
      assert.ok(refused > 0);
    });
  }
}

Deno.test("a sweep refuses what a former owner still commits, though nothing of it was put yet", async () => {
  const place = new IcebergPlace(new ScriptedLog([Array.from({ length: ROWS }, () => quote())]));
  const former = keepingBack(place.open().table);
  const policy = { rows: 10, bytes: 2 ** 20, intervalMs: 60_000 };
  await assert.rejects(sink(place.log, place.lake, { table: former.table, policy }), {
    message: "paused for good",
  });
  const next = await place.openLog();
  await next.positions([0]);
  await next.sweep(new Map([[0, 10]]));
  await assert.rejects(former.land(), /Nothing is lost|partition 0/);
  assert.equal((await next.positions([0])).get(0)!.end, 10);
});

/** A lake as a former owner has it: the dead letters of the range from `first` on are kept back. */
function keepingBackLetters(
  lake: IcebergPlace["lake"],
  first: number,
): { lake: IcebergPlace["lake"]; land(): Promise<void> } {
  let land: () => Promise<void> = () => Promise.reject(new Error("there was no such put"));
  const put: LakeStore["put"] = (name, bytes) => {
    const parsed = parseObjectName(name);
    if (parsed?.kind !== "dead-letters" || parsed.first !== first) return lake.put(name, bytes);
    const copy = bytes.slice();
    land = () => lake.put(name, copy);
    throw new Failure("failed", "paused for good");
  };
  const own = new Proxy(lake, {
    get: (_, key) => {
      if (key === "put") return put;
      const value = Reflect.get(lake, key);
      return typeof value === "function" ? value.bind(lake) : value;
    },
  });
  return { lake: own, land: () => land() };
}

for (const [way, act] of Object.entries(WAYS)) {
  for (const [first, rows] of [[10, 10], [10, 7], [0, 7]]) {
    Deno.test(`${way}: dead letters from ${first} on that arrive late do no harm (ranges of ${rows})`, async () => {
      const policy = { rows, bytes: 2 ** 20, intervalMs: 60_000 };
      for (const steps of [5, 12, 20]) {
        const place = new IcebergPlace(new ScriptedLog([entries()]));
        const { log, lake } = place;
        const former = keepingBackLetters(lake, first);
        const own = { rows: 10, bytes: 2 ** 20, intervalMs: 60_000 };
        const options = { table: place.open().table, policy: own };
        await assert.rejects(sink(log, former.lake, options), { message: "paused for good" });
        act(log);
        await killedSink(log, lake, steps, { table: place.open().table, policy });
        await former.land();
        await sink(log, lake, { table: place.open().table, policy });
        // What arrived beside the last flush, the next start removes.
        await sink(log, lake, { table: place.open().table, policy });
        await place.proved(ROWS, `after ${steps} steps`);
      }
    });
  }
}
