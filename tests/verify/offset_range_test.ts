import assert from "node:assert/strict";
import fc from "fast-check";
import type { RecordBatch } from "../../mod/broker/broker.ts";
import { addOffset, merged, type OffsetRange, without } from "../../mod/verify/offset_range.ts";
import { explainHoles } from "../../mod/verify/verify.ts";
import { PROPERTY } from "../property_seed.ts";

const range = fc.tuple(fc.nat(40), fc.nat(8)).map(([first, more]) => ({
  first,
  last: first + more,
}));

function offsetsOf(ranges: readonly OffsetRange[]): Set<number> {
  const all = new Set<number>();
  for (const { first, last } of ranges) for (let at = first; at <= last; at++) all.add(at);
  return all;
}

Deno.test("ranges without others have exactly the offsets that the others lack", () => {
  fc.assert(
    fc.property(fc.array(range), fc.array(range), (some, others) => {
      const ranges = merged(some);
      const rest = without(ranges, others);
      assert.deepEqual(offsetsOf(rest), offsetsOf(some).difference(offsetsOf(others)));
      rest.forEach(({ first, last }, i) => {
        assert.ok(first <= last && (i === 0 || rest[i - 1].last < first));
      });
    }),
    PROPERTY,
  );
});

/** A topic in which one offset of seven has no message, and offsets below `low` are gone. */
function explain(holes: OffsetRange[], untold: OffsetRange[], low: number) {
  let reads = 0;
  const read = async function* (_: string, __: number, first: number, end: number) {
    reads++;
    for (; first < end; first += 500) {
      const base = first;
      const offsets = Array.from({ length: Math.min(500, end - base) }, (_, i) => base + i)
        .filter((offset) => offset % 7 !== 0);
      yield { count: offsets.length, offset: (i: number) => offsets[i] } as RecordBatch;
    }
  };
  const broker = { read } as unknown as Parameters<typeof explainHoles>[4]["broker"];
  return explainHoles(holes, { missing: untold }, low, 0, {
    broker,
    topic: "quotes",
    signal: new AbortController().signal,
  })
    .then((explained) => ({ ...explained, reads }));
}

Deno.test("many small holes are explained by a few reads of the topic", async () => {
  const holes: OffsetRange[] = [];
  for (let offset = 0; offset < 140_000; offset += 7) addOffset(holes, offset);
  // Offset 71 had a message, 1,400 to 1,406 are in no flush, and up to 20 the topic has forgotten.
  for (const at of [71, 1401, 1402, 1403, 1404, 1405, 1406]) addOffset(holes, at);
  const found = await explain(merged(holes), [{ first: 1400, last: 1406 }], 21);
  assert.equal(found.reads, 1);
  assert.deepEqual(found.missing, [{ first: 71, last: 71 }, { first: 1400, last: 1406 }]);
  assert.deepEqual(found.unproven, [0, 7, 14].map((first) => ({ first, last: first })));
});

Deno.test("holes that are far apart are read one by one", async () => {
  const found = await explain([{ first: 1, last: 2 }, { first: 900_000, last: 900_001 }], [], 0);
  assert.equal(found.reads, 2);
  assert.deepEqual(found.missing, [{ first: 1, last: 2 }, { first: 900_000, last: 900_001 }]);
});
