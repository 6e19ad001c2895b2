import assert from "node:assert/strict";
import { Progress } from "../../mod/terminal/progress.ts";

function recorder() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const output = { interactive: true, progress: (text: string) => void lines.push(text) };
  const make = (thing: string) => new Progress(output, "read", thing, () => clock.now);
  return { lines, clock, output, make };
}

Deno.test("progress with an end says percent, rate and time left; it draws a few times a second", () => {
  const { lines, clock, make } = recorder();
  const progress = make("object");
  progress.update(0, 5000);
  clock.now = 100;
  progress.update(10, 5000);
  clock.now = 2000;
  progress.update(1200, 5000, ", more");
  clock.now = 4000;
  progress.update(1, 1_000_000);
  progress.close();
  assert.deepEqual(lines, [
    "read 0 of 5,000 objects, 0%",
    "read 1,200 of 5,000 objects, 24%, 600 a second, 7 s left, more",
    "read 1 of 1,000,000 objects, 0%, 0.3 a second, 1,111 h 07 min left",
    "",
  ]);
});

Deno.test("progress by another measure than what is counted says its share", () => {
  const { lines, clock, make } = recorder();
  const progress = make("row");
  progress.updateShare(0, 0, 1000);
  clock.now = 3000;
  progress.updateShare(6000, 250, 1000, ", more");
  clock.now = 4000;
  progress.updateShare(7000, 1200, 1000);
  assert.deepEqual(lines, [
    "read 0 rows, 0%",
    "read 6,000 rows, 25%, 2,000 a second, 9 s left, more",
    "read 7,000 rows, 100%, 1,750 a second, 0 s left",
  ]);
});

Deno.test("progress without an end says how much and how fast; nothing where nobody looks", () => {
  const { lines, clock, output, make } = recorder();
  const progress = make("message");
  clock.now = 1000;
  progress.update(1);
  assert.deepEqual(lines, ["read 1 message, 1 a second"]);
  output.interactive = false;
  clock.now = 2000;
  progress.update(2);
  assert.equal(lines.length, 1);
});
