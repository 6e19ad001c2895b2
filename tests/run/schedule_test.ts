import assert from "node:assert/strict";
import { estimate, Schedule } from "./schedule.ts";
import type { Unit } from "./units.ts";

const durations = { date: "2026-11-26", cores: 2, seconds: { a: 100, b: 50, c: 30 } };
const alone = (name: string): Unit => ({ name, files: [], needs: new Set() });
const served = (name: string): Unit => ({ name, files: [], needs: new Set(["kafka"]) });

Deno.test("the longest unit begins first, one that uses services not before they run", () => {
  const schedule = new Schedule([alone("c"), served("a"), alone("b"), alone("new")], durations);
  assert.equal(schedule.take()!.name, "b");
  schedule.served = true;
  const rest = [schedule.take()!.name, schedule.take()!.name, schedule.take()!.name];
  assert.deepEqual(rest, ["a", "c", "new"]);
  assert.equal(schedule.take(), undefined);
});

Deno.test("units that use services wait for them, and do not hold up the others", () => {
  const schedule = new Schedule([served("a"), alone("c")], durations);
  assert.equal(schedule.take()!.name, "c");
  assert.equal(schedule.take(), undefined);
  schedule.served = true;
  assert.equal(schedule.take()!.name, "a");
});

Deno.test("how long a run takes is told from the units on record", () => {
  const two = { workers: 2, startS: 20 };
  const recorded = "as recorded on 2 cores on 2026-11-26";
  // b and c while the services start; a after c, on the worker that is free first.
  assert.equal(
    estimate(durations, [served("a"), alone("b"), alone("c")], two),
    `about 3 min, ${recorded}`,
  );
  assert.equal(
    estimate(durations, [alone("c"), alone("new")], { workers: 1, startS: 0 }),
    `about 30 s, ${recorded}; 1 of 2 units are not on record`,
  );
});
