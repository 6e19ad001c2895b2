import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { sleep } from "../../../mod/wait/sleep.ts";
import { Gather } from "../../../mod/table/iceberg/gather.ts";
import { openIcebergTable } from "../../../mod/table/iceberg/iceberg_table.ts";
import { logsOf, positionsOf } from "../../../mod/table/iceberg/position.ts";
import type { FileRange } from "../../../mod/table/iceberg/take_ranges.ts";
import { IcebergPlace } from "../../repair/iceberg_place.ts";
import { quotes, rows, sink } from "../../sink/run_sink.ts";
import { ScriptedLog } from "../../sink/scripted_log.ts";

function range(partition: number): FileRange {
  return { partition, first: 0, end: 10, files: () => [] };
}

/** Four partitions take a range each, in one commit. @returns partitions of each commit, and the outcomes */
async function takeFour(fail: (partitions: readonly number[]) => void) {
  const commits: number[][] = [];
  const gather = new Gather({
    waitMs: 10,
    commit(ranges) {
      const partitions = ranges.map(({ partition }) => partition);
      commits.push(partitions);
      return Promise.resolve().then(() => fail(partitions)).then(() => ranges.map(() => "taken"));
    },
  });
  // The first one commits at once; the others wait for its end.
  const first = gather.take([range(9)]);
  const others = [0, 1, 2, 3].map((partition) => gather.take([range(partition)]));
  await first;
  const outcomes = await Promise.allSettled(others);
  return { commits: commits.slice(1), outcomes: outcomes.map(({ status }) => status) };
}

Deno.test("where one range of a commit is refused the others are taken", async () => {
  const { commits, outcomes } = await takeFour((partitions) => {
    if (partitions.includes(2)) throw new Failure("failed", "refused");
  });
  assert.deepEqual(outcomes, ["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(commits, [[0, 1, 2, 3], [0], [1], [2], [3]]);
});

Deno.test("a commit that a service failed is not repeated for each of its ranges", async () => {
  const { commits, outcomes } = await takeFour((partitions) => {
    if (partitions.length > 1) throw new Failure("service", "503 SlowDown");
  });
  assert.deepEqual(outcomes, Array(4).fill("rejected"));
  assert.deepEqual(commits, [[0, 1, 2, 3]]);
});

/** Commits at once. */
function gathered(waitMs: number) {
  const commits: number[][] = [];
  const gather = new Gather({
    waitMs,
    commit(ranges) {
      commits.push(ranges.map(({ partition }) => partition));
      return Promise.resolve(ranges.map(() => "taken" as const));
    },
  });
  return { gather, commits };
}

Deno.test("a range waits for others that are being put, and not for one that was given up", async () => {
  const { gather, commits } = gathered(60_000);
  const release = gather.announce(2);
  gather.announce(1);
  const first = gather.take([range(0)]);
  const second = gather.take([range(1)]);
  await Promise.resolve();
  assert.deepEqual(commits, []);
  release();
  await Promise.all([first, second]);
  assert.deepEqual(commits, [[0, 1]]);
});

Deno.test("while commits follow each other closely, a range does not wait for partitions that have nothing to commit", async () => {
  const { gather, commits } = gathered(60_000);
  for (const partition of [0, 1, 2]) gather.announce(partition);
  await Promise.all([0, 1, 2].map((partition) => gather.take([range(partition)])));
  // Would wait a minute.
  await gather.take([range(1)]);
  await gather.take([range(0)]);
  assert.deepEqual(commits, [[0, 1, 2], [1], [0]]);
});

Deno.test("after a pause, a range waits a moment for the partitions of the last commit", async () => {
  const { gather, commits } = gathered(10);
  for (const partition of [0, 1]) gather.announce(partition);
  await Promise.all([0, 1].map((partition) => gather.take([range(partition)])));
  await sleep(100);
  const taken = gather.take([range(1)]);
  await sleep(0);
  await Promise.all([taken, gather.take([range(0)])]);
  await sleep(100);
  // One of them has gone.
  await gather.take([range(1)]);
  assert.deepEqual(commits, [[0, 1], [1, 0], [1]]);
});

Deno.test("consume waits for ranges that are on their way, not for partitions that are done", async () => {
  const log = new ScriptedLog([rows(30), rows(5), rows(100), rows(64)]);
  const place = new IcebergPlace(log);
  const { catalog, files } = place.open();
  const description = { schema: quotes, format: "parquet" as const, partitionBy: "dt" };
  // A range that waits for what does not come would wait longer than the test may last.
  const table = openIcebergTable({ catalog, files, description, gatherMs: 600_000 });
  const policy = { rows: 20, bytes: 2 ** 20, intervalMs: 60_000 };
  await sink(log, place.lake, { table, policy });
  const { metadata } = (await catalog.load())!;
  const [ends] = [...logsOf(metadata).keys()].map((id) => positionsOf(metadata, id));
  assert.deepEqual([...ends].map(([, { end }]) => end).sort(), [100, 30, 5, 64]);
  // The ranges of the longest partition are one after the other.
  assert.ok(metadata.snapshots!.length <= 6, String(metadata.snapshots!.length));
});
