import assert from "node:assert/strict";
import fc from "fast-check";
import { parseObjectName } from "../../mod/lake/layout.ts";
import { parseCheckpoint } from "../../mod/sink/intent.ts";
import { PROPERTY } from "../property_seed.ts";
import { killedSink } from "./killed_sink.ts";
import { lakeOffsets } from "./lake_offsets.ts";
import { MemoryLake } from "./memory_lake.ts";
import { quote, sink } from "./run_sink.ts";
import { type Entry, ScriptedLog } from "./scripted_log.ts";

const DAY_MS = 86_400_000;

const entry = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 3 }).map((day) => quote(100, day * DAY_MS)) },
  { weight: 1, arbitrary: fc.constantFrom<Entry>({ value: "{" }, { value: null }) },
  { weight: 1, arbitrary: fc.constant<Entry>("hole") },
);

/** What the table is, once and for all. */
const table = fc.record({
  format: fc.constantFrom("parquet" as const, "jsonl" as const),
  partitionBy: fc.constantFrom("dt", "none", "index,year(date)", "dt,hour"),
});

/** One start of the sink: what happened before it, its settings, and the step at which it is killed. */
const start = fc.record({
  compressed: fc.boolean(),
  /** What became of the group's offsets since the last one. */
  offsets: fc.constantFrom("kept", "kept", "kept", "deleted", "moved back"),
  /** Whether the table's own records were deleted. */
  forgotten: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
  flushRows: fc.integer({ min: 1, max: 15 }),
  batchSize: fc.integer({ min: 1, max: 20 }),
  /** Commits, puts and changes of the table's state, before and after each, that pass before all others fail. */
  steps: fc.integer({ min: 0, max: 50 }),
  /** Messages that come before the start. */
  arriving: fc.array(entry, { maxLength: 15 }),
});

Deno.test("killed at any step, again and again, under changing settings: each offset is in the lake once", async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.array(start, { minLength: 1, maxLength: 5 }),
      async (table, starts) => {
        const log = new ScriptedLog([[], []]);
        const lake = new MemoryLake();
        for (
          const { arriving, steps, batchSize, flushRows, compressed, offsets, forgotten } of starts
        ) {
          if (offsets === "deleted") log.committed.clear();
          if (offsets === "moved back") {
            for (const partition of log.committed.keys()) {
              log.committed.set(partition, { partition, offset: 0, metadata: "" });
            }
          }
          if (forgotten && offsets === "kept") lake.state.clear();
          arriving.forEach((entry, i) => log.partitions[i % 3 === 0 ? 1 : 0].push(entry));
          log.batchSize = batchSize;
          const policy = { rows: flushRows, bytes: 1e9, intervalMs: 1e6 };
          const compression = compressed && table.format === "parquet" ? "snappy" : undefined;
          await killedSink(log, lake, steps, { ...table, compression, policy });
        }
        await sink(log, lake, table);
        for (const [partition, entries] of log.partitions.entries()) {
          const [committed] = [log.committed.get(partition)];
          assert.equal(committed?.offset, entries.length);
          const { rows, deadLetters, gaps } = await lakeOffsets(lake, partition);
          const at = (wanted: (entry: Entry) => boolean) =>
            entries.flatMap((entry, offset) => wanted(entry) ? [offset] : []);
          const isRow = (entry: Entry) =>
            typeof entry !== "string" && (entry.value as string)?.length > 1;
          assert.deepEqual(rows, at(isRow));
          assert.deepEqual(deadLetters, at((entry) => entry !== "hole" && !isRow(entry)));
          assert.deepEqual(gaps, []);
          assertTiles(log, lake, partition);
        }
      },
    ),
    // Each run starts several sinks, each with a thread.
    { ...PROPERTY, numRuns: Math.ceil(PROPERTY.numRuns / 6) },
  );
});

/** The names alone say the same: ranges follow each other from the first offset to the committed one. */
function assertTiles(log: ScriptedLog, lake: MemoryLake, partition: number): void {
  const lasts = new Map<number, number>();
  for (const name of lake.objects.keys()) {
    const parsed = parseObjectName(name)!;
    if (parsed.partition !== partition) continue;
    const known = lasts.get(parsed.first);
    assert.ok(known === undefined || known === parsed.last, `two ranges begin at ${parsed.first}`);
    lasts.set(parsed.first, parsed.last);
  }
  let next = 0;
  for (let last = lasts.get(next); last !== undefined; last = lasts.get(next)) {
    lasts.delete(next);
    next = last + 1;
  }
  assert.deepEqual([...lasts], [], "ranges that follow on none");
  const committed = log.committed.get(partition)!;
  const { since } = parseCheckpoint(committed.metadata)!;
  assert.equal(next, since ?? committed.offset);
}
