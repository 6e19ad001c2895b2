import assert from "node:assert/strict";
import { type PartitionState, planReset } from "../../mod/repair/reset_plan.ts";

const STATE: PartitionState = {
  partition: 0,
  low: 0,
  high: 1000,
  committed: 500,
  position: { from: 0, end: 500 },
  ranges: [0, 100, 200, 300, 400].map((first) => ({ first, end: first + 100 })),
};
const FREE = { partition: 0, committed: 500, again: 0, skipped: 0 };

Deno.test("a reset to the lake continues where the table ends, or at the topic's first offset", () => {
  assert.deepEqual(planReset(STATE, "lake", false), { ...FREE, offset: 500 });
  assert.deepEqual(planReset({ ...STATE, low: 7, position: undefined }, "lake", false), {
    ...FREE,
    offset: 7,
  });
});

Deno.test("a reset forward counts what is skipped, and ends at the topic's end", () => {
  assert.deepEqual(planReset(STATE, 700, false), { ...FREE, offset: 700, skipped: 200 });
  assert.deepEqual(planReset(STATE, 1e9, false), { ...FREE, offset: 1000, skipped: 500 });
});

Deno.test("a reset back into the table is refused unless its ranges are taken out", () => {
  assert.throws(() => planReset(STATE, 499, false), {
    kind: "usage",
    message: /the table has offsets up to 499, and would get those from 499 on again/,
    fix: /--to lake.*--rewrite/,
  });
  assert.deepEqual(planReset(STATE, 250, true), {
    ...FREE,
    offset: 200,
    again: 300,
    rewind: { from: 0, end: 200 },
  });
});

Deno.test("rows that the topic no longer has are never taken out of the table", () => {
  assert.deepEqual(planReset({ ...STATE, low: 250 }, 0, true), {
    ...FREE,
    offset: 300,
    again: 200,
    rewind: { from: 0, end: 300 },
  });
  assert.deepEqual(planReset({ ...STATE, low: 450 }, 0, true), { ...FREE, offset: 500 });
});

Deno.test("a table that began later can be made to begin earlier, by writing all of it again", () => {
  const later = { ...STATE, position: { from: 300, end: 500 }, ranges: STATE.ranges.slice(3) };
  assert.deepEqual(planReset(later, 0, true), {
    ...FREE,
    offset: 0,
    again: 500,
    rewind: { from: 0, end: 0 },
  });
});

Deno.test("ranges that overlap, or of which one is missing, are taken back together", () => {
  const overlapping = { ...STATE, ranges: [...STATE.ranges, { first: 150, end: 250 }] };
  assert.equal(planReset(overlapping, 210, true).offset, 100);
  const missing = { ...STATE, ranges: STATE.ranges.filter(({ first }) => first !== 100) };
  assert.equal(planReset(missing, 150, true).offset, 100);
});
