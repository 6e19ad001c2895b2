import assert from "node:assert/strict";
import { Lag } from "../../../mod/ops/telemetry/lag.ts";

const FLUSH = {
  partition: 0,
  first: 0,
  last: 9,
  rows: 10,
  rejected: 0,
  objects: 1,
  bytes: 100,
  seconds: 1,
};

Deno.test("lag is what the topic has beyond the last commit, read or not", () => {
  const lag = new Lag();
  lag.event({ kind: "assigned", partitions: [0, 1] });
  lag.event({ kind: "position", partition: 0, next: 100, highWatermark: 500 });
  lag.event({ kind: "committed", partition: 0, offset: 100 });
  lag.event({ kind: "position", partition: 1, next: 0, highWatermark: 20 });
  lag.event({ kind: "committed", partition: 1, offset: 0 });
  assert.deepEqual([...lag.all()], [[0, 400], [1, 20]]);
  lag.event({ kind: "position", partition: 0, next: 400, highWatermark: 600 });
  assert.equal(lag.total, 520);
  lag.event({ kind: "committed", partition: 0, offset: 400 });
  assert.deepEqual([...lag.all()], [[0, 200], [1, 20]]);
});

Deno.test("lag grows while nothing is read, by the broker's offsets", () => {
  const lag = new Lag();
  lag.event({ kind: "position", partition: 0, next: 10, highWatermark: 10 });
  lag.topicOffsets([{ partition: 0, low: 0, high: 70 }, { partition: 5, low: 0, high: 9 }]);
  assert.deepEqual([...lag.all()], [[0, 60]]);
});

Deno.test("a partition that another member owns has no lag here", () => {
  const lag = new Lag();
  lag.event({ kind: "position", partition: 0, next: 0, highWatermark: 10 });
  lag.event({ kind: "position", partition: 1, next: 0, highWatermark: 10 });
  lag.event({ kind: "assigned", partitions: [1, 2] });
  assert.deepEqual([...lag.all()], [[1, 10]]);
});

Deno.test("the age of the last commit counts from the start until there is one", () => {
  let now = 1_000_000;
  const lag = new Lag(() => now);
  now += 5000;
  assert.equal(lag.lastCommitAgeSeconds, 5);
  lag.event({ kind: "flushed", flush: FLUSH });
  now += 1500;
  assert.equal(lag.lastCommitAgeSeconds, 1.5);
  now -= 60_000;
  assert.equal(lag.lastCommitAgeSeconds, 0, "a clock that was set back");
});
