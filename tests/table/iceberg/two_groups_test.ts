/**
 * Two groups write one table at the same time, in ranges of different bounds. Dead letters are objects beside the
 * table: those of a range that the other group was faster with must not stay.
 */
import assert from "node:assert/strict";
import type { Table, TableLog } from "../../../mod/table/table.ts";
import { IcebergPlace } from "../../repair/iceberg_place.ts";
import { killedSink } from "../../sink/killed_sink.ts";
import { quote, sink } from "../../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../../sink/scripted_log.ts";

const ROWS = 30;

/** Every third message is no row. */
function entries(): Entry[] {
  return Array.from({ length: ROWS }, (_, i) => i % 3 === 1 ? { value: "{" } : quote(100 + i));
}

/** A table whose log does something before or after calls of one kind. */
function around(table: Table, change: (log: TableLog) => void): Table {
  const log: Table["log"] = async (...args) => {
    const log = await table.log(...args);
    change(log);
    return log;
  };
  return { description: table.description, log };
}

/** Waits once it has found out where to begin. */
function startedEarly(table: Table, started: () => void, gate: Promise<void>): Table {
  return around(table, (log) => {
    const sweep = log.sweep.bind(log);
    log.sweep = async (beyond, options) => {
      await sweep(beyond, options);
      if (beyond.size === 0) return;
      started();
      await gate;
    };
  });
}

/** Does something once the range from `first` on is put, then takes it. */
function interrupted(table: Table, first: number, act: () => Promise<unknown>): Table {
  return around(table, (log) => {
    const take = log.take.bind(log);
    log.take = async (ranges, options) => {
      if (ranges.some((range) => range.first === first)) await act();
      return await take(ranges, options);
    };
  });
}

/** What may end a sink: the other group was faster, and it can be started again. */
const ENDS = /^killed$|is at offset \d+ of partition 0|^group \S+ took over partition 0 of /;

const policyOf = (rows: number) => ({ rows, bytes: 2 ** 20, intervalMs: 60_000 });

for (const [ownRows, otherRows] of [[10, 7], [7, 10]]) {
  Deno.test(`ranges of ${ownRows} while another group writes ranges of ${otherRows}: each offset is there once`, async () => {
    for (const first of [0, ownRows]) {
      // Changes of the other group; the last time it ends by itself.
      for (let steps = 4; steps < 40; steps += 4) {
        const when = `from ${first} on, ${steps} steps of the other group`;
        const place = new IcebergPlace(new ScriptedLog([entries()]));
        const { log, lake } = place;
        // Its own hooks, on the same objects.
        const beside = new IcebergPlace(new ScriptedLog(log.partitions));
        Object.assign(beside.lake, { objects: lake.objects, state: lake.state });
        const other = { policy: policyOf(otherRows), group: "other" };
        const own = { policy: policyOf(ownRows) };
        const started = Promise.withResolvers<void>();
        const gate = Promise.withResolvers<void>();
        const otherTable = startedEarly(beside.open().table, started.resolve, gate.promise);
        const options = { ...other, table: otherTable };
        const ended = killedSink(beside.log, beside.lake, steps, options, ENDS);
        await Promise.race([started.promise, ended]);
        const table = interrupted(place.open().table, first, () => {
          gate.resolve();
          return ended;
        });
        await sink(log, lake, { ...own, table }).catch(({ message }) =>
          assert.match(message, ENDS)
        );
        gate.resolve();
        await ended;
        await sink(log, lake, { ...own, table: place.open().table });
        await sink(beside.log, beside.lake, { ...other, table: beside.open().table });
        await place.proved(ROWS, when);
      }
    }
  });
}
