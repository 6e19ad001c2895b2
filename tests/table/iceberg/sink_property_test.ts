import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../../mod/failure/failure.ts";
import { openIcebergTable } from "../../../mod/table/iceberg/iceberg_table.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { liveEntries } from "../../../mod/table/iceberg/live_entries.ts";
import { positionsOf } from "../../../mod/table/iceberg/position.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { PROPERTY } from "../../property_seed.ts";
import { lakeOffsets } from "../../sink/lake_offsets.ts";
import { MemoryLake } from "../../sink/memory_lake.ts";
import { quote, quotes, sink } from "../../sink/run_sink.ts";
import { type Entry, ScriptedLog } from "../../sink/scripted_log.ts";

const DAY_MS = 86_400_000;

const entry = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 3 }).map((day) => quote(100, day * DAY_MS)) },
  { weight: 1, arbitrary: fc.constantFrom<Entry>({ value: "{" }, { value: null }) },
  { weight: 1, arbitrary: fc.constant<Entry>("hole") },
);

/** One start of the sink: what happened before it, its settings, and the step at which it is killed. */
const start = fc.record({
  /** What became of the group's offsets since the last one. */
  offsets: fc.constantFrom("kept", "kept", "kept", "deleted", "moved back"),
  flushRows: fc.integer({ min: 1, max: 15 }),
  batchSize: fc.integer({ min: 1, max: 20 }),
  /** Commits of the group, puts and commits of the table, before and after each, that pass. */
  steps: fc.integer({ min: 0, max: 60 }),
  /** Messages that come before the start. */
  arriving: fc.array(entry, { maxLength: 15 }),
});

const partitionBy = fc.constantFrom("dt", "none", "index,year(date)", "bucket(volume,3),dt,hour");

/** The table in a lake, as one more process opens it. */
function openTable(lake: MemoryLake, partitionBy: string) {
  const files = new TableFiles(lake, "file:///lake", quotes.table);
  const catalog = new DirectoryCatalog(files);
  const description = { schema: quotes, format: "parquet" as const, partitionBy };
  return { catalog, files, table: openIcebergTable({ catalog, files, description, gatherMs: 1 }) };
}

/** Of a lake, what readers of the table see. */
async function visible(lake: MemoryLake, partitionBy: string): Promise<MemoryLake> {
  const { catalog, files } = openTable(lake, partitionBy);
  const seen = new MemoryLake();
  const base = await catalog.load();
  for (const { name } of base === undefined ? [] : (await liveEntries(base, files)).entries) {
    const shown = name.replace("/data/", "/");
    assert.ok(!seen.objects.has(shown), `${name} is there twice`);
    seen.objects.set(shown, lake.objects.get(name)!);
  }
  for (const [name, bytes] of lake.objects) {
    if (name.startsWith("dead_letter/")) seen.objects.set(name, bytes);
  }
  return seen;
}

async function assertOnce(log: ScriptedLog, lake: MemoryLake, partitionBy: string): Promise<void> {
  const seen = await visible(lake, partitionBy);
  for (const [partition, entries] of log.partitions.entries()) {
    const { rows, deadLetters, gaps } = await lakeOffsets(seen, partition);
    const at = (wanted: (entry: Entry) => boolean) =>
      entries.flatMap((entry, offset) => wanted(entry) ? [offset] : []);
    const isRow = (entry: Entry) =>
      typeof entry === "object" && (entry.value as string)?.length > 1;
    assert.deepEqual(rows, at(isRow));
    assert.deepEqual(deadLetters, at((entry) => entry !== "hole" && !isRow(entry)));
    assert.deepEqual(gaps, []);
  }
}

Deno.test("consume into an Iceberg table, killed at any step: each offset is in the table once", async () => {
  await fc.assert(
    fc.asyncProperty(
      partitionBy,
      fc.array(start, { minLength: 1, maxLength: 5 }),
      async (partitionBy, starts) => {
        const log = new ScriptedLog([[], []]);
        const lake = new MemoryLake();
        const run = (options = {}) =>
          sink(log, lake, { partitionBy, table: openTable(lake, partitionBy).table, ...options });
        for (const { arriving, steps, batchSize, flushRows, offsets } of starts) {
          if (offsets === "deleted") log.committed.clear();
          if (offsets === "moved back") {
            for (const partition of log.committed.keys()) {
              log.committed.set(partition, { partition, offset: 0, metadata: "" });
            }
          }
          arriving.forEach((entry, i) => log.partitions[i % 3 === 0 ? 1 : 0].push(entry));
          log.batchSize = batchSize;
          let left = steps;
          const step = () => {
            if (left-- <= 0) throw new Failure("failed", "killed");
          };
          log.beforeCommit = lake.beforePut = lake.afterPut = step;
          await run({ policy: { rows: flushRows, bytes: 1e9, intervalMs: 1e6 } })
            .catch((error) => assert.equal(error.message, "killed"));
        }
        log.beforeCommit = lake.beforePut = lake.afterPut = () => {};
        await run();
        await assertOnce(log, lake, partitionBy);
      },
    ),
    // Each run starts several sinks, each with a thread.
    { ...PROPERTY, numRuns: Math.ceil(PROPERTY.numRuns / 30) },
  );
});

Deno.test("two groups write one topic into one Iceberg table at once: each offset is in it once", async () => {
  const entries = Array.from(
    { length: 300 },
    (_, i): Entry => i % 7 === 3 ? { value: "{" } : quote(100, i % 5 * DAY_MS),
  );
  const lake = new MemoryLake();
  const logs = [10, 17].map((batchSize) => {
    const log = new ScriptedLog([entries.slice(0, 200), entries.slice(200)]);
    log.batchSize = batchSize;
    return log;
  });
  let stops = 0;
  await Promise.all(logs.map(async (log, writer) => {
    const policy = { rows: 7 + 3 * writer, bytes: 1e9, intervalMs: 1e6 };
    for (let isDone = false; !isDone;) {
      try {
        await sink(log, lake, { group: `g${writer}`, policy, table: openTable(lake, "dt").table });
        isDone = true;
      } catch (error) {
        // It is told so, with the other group's name, and a service manager starts it again.
        assert.ok(error instanceof Failure, `${error}`);
        const other = `g${1 - writer}`;
        assert.match(
          `${error.message} ${error.fix}`,
          new RegExp(
            `expected \\d+, to append .* Group ${other} writes the same topic|` +
              `^group ${other} took over partition \\d+ .* stop the consume of group ${other}`,
          ),
        );
        stops++;
      }
    }
  }));
  await assertOnce(logs[0], lake, "dt");
  assert.ok(stops < 300);
  const { catalog } = openTable(lake, "dt");
  const { metadata } = (await catalog.load())!;
  const id = Object.keys(metadata.properties!).find((name) => name.startsWith("ticklake.log."))!
    .slice("ticklake.log.".length);
  assert.deepEqual([...positionsOf(metadata, id).values()].map(({ end }) => end).sort(), [
    100,
    200,
  ]);
});
