import assert from "node:assert/strict";
import { Lag } from "../../mod/ops/lag.ts";

const flush = { first: 0, rows: 0, rejected: 0, objects: 1, bytes: 10, seconds: 0.1 };

Deno.test("lag is what the topic has beyond the last commit, read or not", () => {
  const lag = new Lag();
  lag.assigned([0, 1]);
  lag.position(0, 100, 500);
  lag.position(1, 0, 20);
  assert.deepEqual([...lag.all()], [[0, 400], [1, 20]]);
  lag.buffered(1000);
  lag.position(0, 400, 600);
  assert.equal(lag.total, 520);
  lag.flushed({ ...flush, partition: 0, last: 399 });
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

Deno.test("control records at the end are no lag once nothing waits to be written", () => {
  const lag = new Lag();
  lag.position(0, 0, 12);
  lag.buffered(100);
  lag.flushed({ ...flush, partition: 0, last: 9 });
  lag.position(0, 12, 12);
  assert.equal(lag.total, 2);
  lag.buffered(0);
  assert.equal(lag.total, 0);
});

Deno.test("the age of the last commit counts from the start until there is one", () => {
  let now = 1_000_000;
  const lag = new Lag(() => now);
  now += 5000;
  assert.equal(lag.lastCommitAgeSeconds, 5);
  lag.flushed({ ...flush, partition: 0, last: 9 });
  now += 1500;
  assert.equal(lag.lastCommitAgeSeconds, 1.5);
  now -= 60_000;
  assert.equal(lag.lastCommitAgeSeconds, 0, "a clock that was set back");
});
