import assert from "node:assert/strict";
import { abortable } from "../../mod/wait/abortable.ts";
import { backoff } from "../../mod/wait/backoff.ts";
import { Bell } from "../../mod/wait/bell.ts";
import { deadline } from "../../mod/wait/deadline.ts";
import { pause, sleep } from "../../mod/wait/sleep.ts";

/** Longer than any test may take: what ends at all was ended early. */
const FOR_EVER_MS = 60_000;

Deno.test("sleep() throws the reason of its signal as soon as it aborts", async () => {
  const aborting = new AbortController();
  const slept = sleep(FOR_EVER_MS, aborting.signal);
  aborting.abort("enough");
  await assert.rejects(slept, (reason) => reason === "enough");
  await assert.rejects(sleep(0, aborting.signal), (reason) => reason === "enough");
  await sleep(1);
});

Deno.test("pause() ends with its signal, and that is no error", async () => {
  const aborting = new AbortController();
  const paused = pause(FOR_EVER_MS, aborting.signal);
  aborting.abort();
  await paused;
  await pause(FOR_EVER_MS, aborting.signal);
});

Deno.test("abortable() gives what the work gives, or the reason of the signal", async () => {
  const aborting = new AbortController();
  assert.equal(await abortable(Promise.resolve(1), aborting.signal), 1);
  await assert.rejects(abortable(Promise.reject(new Error("no")), aborting.signal), /no/);
  const waiting = abortable(new Promise(() => {}), aborting.signal);
  aborting.abort("enough");
  await assert.rejects(waiting, (reason) => reason === "enough");
  // An error that comes after that is nobody's any more.
  const late = abortable(Promise.reject(new Error("late")), aborting.signal);
  await assert.rejects(late, (reason) => reason === "enough");
});

Deno.test("deadline() ends work that heeds no signal, and tells work that does", async () => {
  const late = () => new Error("too late");
  let told: AbortSignal | undefined;
  const work = (signal: AbortSignal) => {
    told = signal;
    return new Promise<never>(() => {});
  };
  await assert.rejects(deadline({ ms: 5, late }, work), /too late/);
  assert.equal((told!.reason as Error).message, "too late");
  await assert.rejects(deadline({ ms: 5 }, work), { name: "TimeoutError" });
});

Deno.test("deadline() throws the reason of its caller's signal, before and while it works", async () => {
  const aborting = new AbortController();
  const options = { ms: FOR_EVER_MS, signal: aborting.signal };
  const waiting = deadline(options, () => new Promise(() => {}));
  aborting.abort("enough");
  await assert.rejects(waiting, (reason) => reason === "enough");
  const never = () => assert.fail("begun all the same");
  await assert.rejects(deadline(options, never), (reason) => reason === "enough");
});

Deno.test("deadline() lets work lift the limit", async () => {
  const result = await deadline({ ms: 20 }, async (_, lift) => {
    lift();
    await sleep(60);
    return "whole";
  });
  assert.equal(result, "whole");
});

Deno.test("backoff() doubles up to its longest pause, give or take the jitter", () => {
  assert.deepEqual(backoff({ firstMs: 100, longestMs: 500 }).take(5).toArray(), [
    100,
    200,
    400,
    500,
    500,
  ]);
  const pauses = backoff({ firstMs: 100, longestMs: 100, jitter: 0.2 }).take(200).toArray();
  assert.ok(pauses.every((ms) => ms >= 80 && ms <= 120));
  assert.ok(new Set(pauses).size > 100);
});

Deno.test("a bell wakes all that wait, and counts for one who was looking meanwhile", async () => {
  const bell = new Bell();
  const since = bell.rings;
  const both = [bell.wait(), bell.wait({ timeoutMs: FOR_EVER_MS })];
  bell.ring();
  await Promise.all(both);
  await bell.wait({ since });
  await bell.wait({ timeoutMs: 1 });
});
