import assert from "node:assert/strict";
import { objectName, parseObjectName } from "../../mod/lake/layout.ts";
import type { TableObject } from "../../mod/lake/table_objects.ts";
import { readOldLog } from "../../mod/table/hive/adopt.ts";
import { expectedOffsets, expectedSince } from "../../mod/verify/expected_offsets.ts";
import { MemoryLake } from "../sink/memory_lake.ts";

/** More than a call takes arguments. */
const MANY = 200_000;

/** A partition's objects of one offset each. */
const objects: TableObject[] = Array.from({ length: MANY }, (_, offset) => {
  const range = { topic: "quotes", partition: 0, first: offset, last: offset };
  const place = { table: "t", kind: "rows", partitions: [], extension: "parquet" } as const;
  const name = objectName({ ...place, ...range });
  return { name, size: 1, version: "1", parsed: parseObjectName(name)! };
});

Deno.test("verify expects the offsets of a partition with more objects than a call takes arguments", () => {
  const known = { committed: undefined, position: undefined };
  const expected = expectedOffsets(objects, 0, known, known);
  assert.deepEqual(expected, { from: 0, end: MANY, tolerated: MANY, committed: 0 });
  assert.equal(expectedSince(expected, objects, 7).from, 7);
});

Deno.test("a table of release 0.1.0 with as many objects is upgraded", async () => {
  const standings = [{ partition: 0, written: MANY }];
  const old = await readOldLog(new MemoryLake(), objects, standings, new Map(), {});
  assert.deepEqual([...old.positions], [[0, { from: 0, end: MANY }]]);
  assert.deepEqual([...old.generations], []);
});
