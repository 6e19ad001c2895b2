import assert from "node:assert/strict";
import { parseObjectName } from "../../../mod/lake/layout.ts";
import { lateObjects } from "../../../mod/table/hive/late_objects.ts";

function object(first: number, last: number, rest = "", folder = "t/dt=2026-11-24") {
  const digits = (offset: number) => String(offset).padStart(16, "0");
  const name = `${folder}/q-0-${digits(first)}-${digits(last)}-0123456789ab${rest}.parquet`;
  return { name, parsed: parseObjectName(name)! };
}

function lateOf(objects: Array<ReturnType<typeof object>>, generation: number, end: number) {
  return lateObjects(objects, { generation, end }).map(({ name }) => name).sort();
}

Deno.test("an object of an earlier generation is late where later ones cover it, or behind the end", () => {
  const kept = [object(0, 9), object(10, 15, ".g1"), object(16, 29, ".g2"), object(30, 49, ".g2")];
  const late = [
    object(10, 19),
    object(18, 27, ".g1"),
    object(20, 29, "", "t/dt=2026-11-25"),
    object(40, 55),
    object(60, 69, ".g1"),
  ];
  assert.deepEqual(lateOf([...late, ...kept], 2, 50), late.map(({ name }) => name).sort());
});

Deno.test("what no later object covers below the end stays, whatever its generation", () => {
  const objects = [object(0, 9), object(10, 19), object(15, 29, ".g1"), object(30, 39)];
  assert.deepEqual(lateOf(objects, 5, 40), []);
});

Deno.test("replayed rows, a repair's gaps and ranges that were not taken cover nothing", () => {
  const lost = "dead_letter/t/gap=lost/q-0-0000000000000000-0000000000000009-0123456789ab.g1.json";
  const objects = [
    object(0, 9),
    object(0, 9, ".g1.r1"),
    { name: lost, parsed: parseObjectName(lost)! },
    object(10, 19),
    object(10, 29, ".g1"),
  ];
  assert.deepEqual(lateOf(objects, 1, 20), []);
});

Deno.test("merged rows cover nothing: the dead letters of their range are of other generations", () => {
  const dead =
    "dead_letter/t/dt=2026-11-24/q-0-0000000000000000-0000000000000001-0123456789ab.jsonl";
  const objects = [
    { name: dead, parsed: parseObjectName(dead)! },
    object(0, 6, ".g3.merged"),
    object(7, 7, ".g3"),
  ];
  assert.deepEqual(lateOf(objects, 3, 8), []);
});

Deno.test("a merged object is never late", () => {
  assert.deepEqual(lateOf([object(0, 99, ".merged"), object(0, 99, ".g1")], 1, 100), []);
});
