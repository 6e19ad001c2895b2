import assert from "node:assert/strict";
import { Lag } from "../../../mod/ops/telemetry/lag.ts";

Deno.test("lag is what the topic has beyond the last commit, read or not", () => {
  const lag = new Lag();
  lag.assigned([0, 1]);
  lag.position(0, 100, 500);
  lag.committed(0, 100);
  lag.position(1, 0, 20);
  lag.committed(1, 0);
  assert.deepEqual([...lag.all()], [[0, 400], [1, 20]]);
  lag.position(0, 400, 600);
  assert.equal(lag.total, 520);
  lag.committed(0, 400);
  assert.deepEqual([...lag.all()], [[0, 200], [1, 20]]);
});

Deno.test("lag grows while nothing is read, by the broker's offsets", () => {
  const lag = new Lag();
  lag.position(0, 10, 10);
  lag.topicOffsets([{ partition: 0, low: 0, high: 70 }, { partition: 5, low: 0, high: 9 }]);
  assert.deepEqual([...lag.all()], [[0, 60]]);
});

Deno.test("a partition that another member owns has no lag here", () => {
  const lag = new Lag();
  lag.position(0, 0, 10);
  lag.position(1, 0, 10);
  lag.assigned([1, 2]);
  assert.deepEqual([...lag.all()], [[1, 10]]);
});

Deno.test("the age of the last commit counts from the start until there is one", () => {
  let now = 1_000_000;
  const lag = new Lag(() => now);
  now += 5000;
  assert.equal(lag.lastCommitAgeSeconds, 5);
  lag.flushed();
  now += 1500;
  assert.equal(lag.lastCommitAgeSeconds, 1.5);
  now -= 60_000;
  assert.equal(lag.lastCommitAgeSeconds, 0, "a clock that was set back");
});
