import assert from "node:assert/strict";
import fc from "fast-check";
import { type ObjectKind, objectName, parseObjectName } from "../../mod/lake/layout.ts";
import { countOffsets, type OffsetRange } from "../../mod/verify/offset_range.ts";
import { checkTiling, type NamedObject } from "../../mod/verify/tiling.ts";
import { PROPERTY } from "../property_seed.ts";

interface Named extends OffsetRange {
  extension?: string;
  partitions?: Array<readonly [string, string]>;
  kind?: ObjectKind;
}

function named(ranges: Named[]): NamedObject[] {
  return ranges.map(({ first, last, extension = "parquet", partitions, kind = "rows" }) => {
    const name = objectName({
      table: "t",
      topic: "a-1",
      partition: 0,
      first,
      last,
      extension,
      kind,
      partitions: partitions ?? [["dt", "2026-11-24"]],
    });
    return { name, parsed: parseObjectName(name)! };
  });
}

const range = (first: number, last: number): OffsetRange => ({ first, last });

function check(ranges: Named[], end: number, from = 0, tolerated = end) {
  const { missing, duplicate, beyond, gaps } = checkTiling(named(ranges), { from, end, tolerated });
  return { missing, duplicate, beyond, gaps };
}

const NOTHING = { missing: [], duplicate: [], beyond: [], gaps: [] };

Deno.test("ranges that follow each other tile, in whatever order they are listed", () => {
  assert.deepEqual(check([range(5, 9), range(0, 4), range(10, 10)], 11), NOTHING);
});

Deno.test("objects of one flush share its range: days, and dead letters", () => {
  const days: Named[] = [
    { ...range(0, 9), partitions: [["dt", "2026-11-23"]] },
    { ...range(0, 9), partitions: [["dt", "2026-11-24"]] },
    { ...range(0, 9), kind: "dead-letters", extension: "jsonl" },
  ];
  assert.deepEqual(check(days, 10), NOTHING);
});

Deno.test("a hole is missing: at the beginning, in the middle and at the end", () => {
  const { missing } = check([range(2, 4), range(7, 7)], 12);
  assert.deepEqual(missing, [range(0, 1), range(5, 6), range(8, 11)]);
});

Deno.test("ranges that overlap are duplicates where they do", () => {
  assert.deepEqual(check([range(0, 9), range(5, 14)], 15).duplicate, [range(5, 9)]);
  assert.deepEqual(check([range(0, 9), range(3, 5)], 10).duplicate, [range(3, 5)]);
});

Deno.test("one range in two formats, by two partitionings, or as rows and as a gap, is twice there", () => {
  const jsonl: Named = { ...range(0, 9), extension: "jsonl.gz" };
  const byIndex: Named = { ...range(0, 9), partitions: [["index", "NYA"]] };
  const gap: Named = {
    ...range(0, 9),
    partitions: [["gap", "retention"]],
    kind: "gap",
    extension: "json",
  };
  for (const other of [jsonl, byIndex, gap]) {
    assert.deepEqual(check([range(0, 9), other], 10).duplicate, [range(0, 9)]);
  }
  assert.deepEqual(check([gap], 10), { ...NOTHING, gaps: [range(0, 9)] });
});

Deno.test("what is behind the committed offset is told, but for what was begun or written meanwhile", () => {
  assert.deepEqual(check([range(0, 9), range(10, 14)], 10).beyond, [range(10, 14)]);
  assert.deepEqual(check([range(0, 9), range(10, 14)], 10, 0, 15).beyond, []);
  assert.deepEqual(check([range(0, 9), range(10, 19)], 10, 0, 15).beyond, [range(10, 19)]);
});

Deno.test("what was there before the group's time is not its own", () => {
  assert.deepEqual(check([range(0, 4), range(5, 9)], 10, 5), NOTHING);
});

Deno.test("faults put into a random tiling are found, and nothing else", () => {
  const tiles = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 20 });
  fc.assert(
    fc.property(tiles, fc.nat(), fc.nat(), (lengths, at, other) => {
      let next = 0;
      const ranges = lengths.map((length) => range(next, (next += length) - 1));
      assert.deepEqual(check(ranges, next), NOTHING);
      const removed = at % ranges.length;
      const doubled = other % ranges.length;
      if (removed === doubled) return;
      const { first, last } = ranges[doubled];
      const faulty: Named[] = [...ranges, { first, last, extension: "jsonl.gz" }];
      faulty.splice(removed, 1);
      const found = check(faulty, next);
      assert.deepEqual(found.missing, [ranges[removed]]);
      assert.deepEqual(found.duplicate, [ranges[doubled]]);
      assert.equal(countOffsets(found.missing), lengths[removed]);
    }),
    PROPERTY,
  );
});
