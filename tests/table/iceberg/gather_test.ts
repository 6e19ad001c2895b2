import assert from "node:assert/strict";
import { Failure } from "../../../mod/failure/failure.ts";
import { Gather } from "../../../mod/table/iceberg/gather.ts";
import type { FileRange } from "../../../mod/table/iceberg/take_ranges.ts";

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
