/**
 * A former owner of a partition has put the files of a flush and is paused before its commit; the next owner does
 * not repeat that flush. Then the commit arrives.
 */
import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
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
    log.committed.set(0, { partition: 0, offset: 5, metadata: "" });
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
