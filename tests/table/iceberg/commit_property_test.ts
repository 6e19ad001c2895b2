import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../../mod/failure/failure.ts";
import { quotesSchema } from "./quotes_schema.ts";
import { DirectoryCatalog } from "../../../mod/table/iceberg/catalogs/directory.ts";
import { newSchema } from "../../../mod/table/iceberg/iceberg_schema.ts";
import { newTable } from "../../../mod/table/iceberg/new_table.ts";
import { partitionSpec } from "../../../mod/table/iceberg/partition_spec.ts";
import { positionsOf } from "../../../mod/table/iceberg/position.ts";
import { TableFiles } from "../../../mod/table/iceberg/table_files.ts";
import { takeRanges } from "../../../mod/table/iceberg/take_ranges.ts";
import { PROPERTY } from "../../property_seed.ts";
import { fakeRange } from "./fake_range.ts";
import { type Fate, FaultyLake } from "./faulty_lake.ts";
import { liveRanges } from "./table_state.ts";

const LOG = { id: "0123456789ab", description: "topic quotes" };
const PARTITIONS = 3;

/** One attempt of a writer: which partitions, how many offsets of each, and whether it is a zombie. */
const attempt = fc.record({
  partitions: fc.uniqueArray(fc.integer({ min: 0, max: PARTITIONS - 1 }), { minLength: 1 }),
  offsets: fc.integer({ min: 1, max: 9 }),
  /** It writes what it read of the table before its former attempt. */
  isStale: fc.boolean(),
});
const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>("done") },
  { weight: 3, arbitrary: fc.constantFrom<Fate>("lost", "unanswered", "late") },
);

Deno.test("writers that overlap, under faults at every request: each offset is in the table once", async () => {
  const schema = await quotesSchema();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(attempt, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }),
      fc.array(fate, { maxLength: 120 }),
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60 }),
      async (writers, fates, waits) => {
        const lake = new FaultyLake();
        const files = new TableFiles(lake, "file:///lake", "index_quotes");
        const tableSchema = newSchema(schema);
        const spec = partitionSpec("dt", schema, tableSchema);
        await new DirectoryCatalog(files).create(
          newTable({ location: files.location, schema: tableSchema, spec }),
        );
        lake.fates = fates[Symbol.iterator]();
        let turns = 0;
        lake.turn = async () => {
          for (let left = waits[turns++ % waits.length]; left > 0; left--) await null;
        };
        const taken: Array<[partition: number, end: number]> = [];
        const write = async (attempts: typeof writers[number]) => {
          // Each writer is a process of its own, with what it remembers.
          const files = new TableFiles(lake, "file:///lake", "index_quotes");
          const catalog = new DirectoryCatalog(files);
          let positions = new Map<number, { end: number }>();
          for (const { partitions, offsets, isStale } of attempts) {
            if (!isStale) positions = positionsOf((await catalog.load())!.metadata, LOG.id);
            const ranges = partitions.map((partition) => {
              const first = positions.get(partition)?.end ?? 0;
              return fakeRange(files, partition, first, first + offsets, [0, 1].slice(0, offsets));
            });
            try {
              await takeRanges({
                catalog,
                files,
                table: "t",
                log: LOG,
                ranges,
                patienceMs: 5,
                pauseMs: 1,
              });
              for (const { partition, end } of ranges) taken.push([partition, end]);
            } catch (error) {
              assert.ok(error instanceof Failure, String(error));
            }
          }
        };
        await Promise.all(writers.map(write));
        await lake.quiet();
        // After an unknown outcome a file may be in the table, whatever its writer was told.
        const removed = lake.removed.filter((name) => !name.includes("/probe-"));
        assert.deepEqual(removed, []);
        lake.fates = [][Symbol.iterator]();
        const base = (await new DirectoryCatalog(files).load())!;
        const positions = positionsOf(base.metadata, LOG.id);
        for (let partition = 0; partition < PARTITIONS; partition++) {
          const end = positions.get(partition)?.end ?? 0;
          const ranges = await liveRanges(base, files, partition);
          let next = 0;
          for (const [first, last, count] of distinct(ranges)) {
            assert.equal(first, next, `partition ${partition}: ${ranges.join(" ")}`);
            assert.equal(count, Math.min(2, last - first), "its files, one a day, are there once");
            next = last;
          }
          assert.equal(next, end);
          for (const [of, taking] of taken) assert.ok(of !== partition || taking <= end);
        }
      },
    ),
    { ...PROPERTY, numRuns: Math.ceil(PROPERTY.numRuns / 3) },
  );
});

/** The ranges, each with how many files it has. */
function distinct(ranges: ReadonlyArray<readonly [number, number]>) {
  const counts = Map.groupBy(ranges, (range) => range.join());
  return [...counts.values()].map((same) => [...same[0], same.length] as const);
}
