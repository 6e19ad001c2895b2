import assert from "node:assert/strict";
import { type Clock, pace } from "../../mod/source/pace.ts";

const NEVER = new AbortController().signal;

/** A clock whose timers fire late by a few milliseconds, as real ones do. */
function lateClock(lateMs = 3): Clock & { time: number } {
  const clock = {
    time: 1000,
    now: () => clock.time,
    sleep: (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      clock.time += ms + lateMs;
      return Promise.resolve();
    },
  };
  return clock;
}

Deno.test("the first row goes at once, and late timers and slow sends do not add up", async () => {
  const clock = lateClock();
  const each = pace(1000, 4000, clock);
  assert.equal(each.group, 1);
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    await each.wait(1, NEVER);
    times.push(clock.time - 1000);
    clock.time += 200;
  }
  assert.equal(times[0], 0);
  assert.deepEqual(times.slice(1), Array.from({ length: 99 }, (_, i) => (i + 1) * 1000 + 3));
});

Deno.test("a high rate is kept by groups, a fractional interval without rounding", async () => {
  const clock = lateClock();
  const fast = pace(1000 / 30_000, 4000, clock);
  let rows = 0;
  while (clock.time < 61_000) {
    await fast.wait(fast.group, NEVER);
    rows += fast.group;
  }
  assert.ok(fast.group > 1 && fast.group <= 4000);
  assert.ok(Math.abs(rows - 60 * 30_000) <= 2 * fast.group, `${rows} rows in a minute`);
});

Deno.test("groups that the input fills only in part keep the rate too", async () => {
  const clock = lateClock();
  const fast = pace(1, 4000, clock);
  let rows = 0;
  for (; clock.time < 61_000; rows += 7) await fast.wait(7, NEVER);
  assert.ok(Math.abs(rows - 60_000) <= 14, `${rows} rows in a minute`);
});

Deno.test("after an outage there is no burst", async () => {
  const clock = lateClock(0);
  const each = pace(100, 4000, clock);
  await each.wait(1, NEVER);
  clock.time += 60_000;
  const before = clock.time;
  for (let i = 0; i < 10; i++) await each.wait(1, NEVER);
  assert.equal(clock.time - before, 900);
});

Deno.test("what is late by less than a second is made up for", async () => {
  const clock = lateClock(0);
  const each = pace(100, 4000, clock);
  await each.wait(1, NEVER);
  clock.time += 850;
  for (let i = 0; i < 10; i++) await each.wait(1, NEVER);
  assert.equal(clock.time, 1000 + 1000);
});

Deno.test("no interval, no waiting, and the largest groups", async () => {
  const clock = lateClock();
  const all = pace(0, 4000, clock);
  assert.equal(all.group, 4000);
  for (let i = 0; i < 1000; i++) await all.wait(4000, NEVER);
  assert.equal(clock.time, 1000);
  assert.equal(pace(1000 / Infinity, 4000, clock).group, 4000);
});

Deno.test("an interval longer than a timer can be is waited for in parts", async () => {
  const slept: number[] = [];
  const clock = lateClock(0);
  const counted: Clock = {
    now: clock.now,
    sleep: (ms, signal) => {
      slept.push(ms);
      return clock.sleep(ms, signal);
    },
  };
  const rare = pace(100 * 86_400_000, 4000, counted);
  await rare.wait(1, NEVER);
  await rare.wait(1, NEVER);
  assert.ok(slept.every((ms) => ms < 2 ** 31));
  assert.equal(clock.time, 1000 + 100 * 86_400_000);
});

Deno.test("an abort ends the waiting at once, on the real clock", async () => {
  const controller = new AbortController();
  const each = pace(3_600_000, 4000);
  await each.wait(1, controller.signal);
  const waiting = each.wait(1, controller.signal);
  controller.abort(new Error("stopped"));
  await assert.rejects(waiting, /stopped/);
  await assert.rejects(each.wait(1, controller.signal), /stopped/);
  await assert.rejects(pace(0, 1).wait(1, controller.signal), /stopped/);
});
