import assert from "node:assert/strict";
import type { EpochEnd } from "../../mod/broker/kafka/epoch_end_request.ts";
import { type AskLeader, EpochEnds } from "../../mod/broker/kafka/epoch_ends.ts";

/** Answers with ten times the epoch, and keeps what each leader was asked. */
function leaders(
  answer = (epoch: number): EpochEnd => epoch * 10,
): { ends: EpochEnds; requests: Array<[leader: number, partitions: number[]]> } {
  const requests: Array<[number, number[]]> = [];
  const ask: AskLeader = (leader, asked) => {
    requests.push([leader, asked.map(({ partition }) => partition)]);
    return Promise.resolve(
      new Map(asked.map(({ partition, epoch }) => [partition, answer(epoch)])),
    );
  };
  return { ends: new EpochEnds(ask), requests };
}

Deno.test("partitions that are asked for together are one request a leader", async () => {
  const { ends, requests } = leaders();
  const found = await Promise.all(
    [0, 1, 2, 3, 4].map((partition) => ends.of(partition % 2, { partition, epoch: partition })),
  );
  assert.deepEqual(found, [0, 10, 20, 30, 40]);
  assert.deepEqual(requests, [[0, [0, 2, 4]], [1, [1, 3]]]);
  assert.equal(await ends.of(0, { partition: 2, epoch: 7 }), 70);
  assert.equal(requests.length, 3, "what is asked later is another request");
});

Deno.test("what a leader says of one partition is not the others'", async () => {
  const refused = new Error("not the leader");
  const { ends } = leaders((epoch) => epoch === 1 ? refused : epoch === 2 ? null : epoch);
  const of = (epoch: number) => ends.of(0, { partition: epoch, epoch });
  const found = await Promise.allSettled([of(1), of(2), of(3)]);
  assert.deepEqual(found, [
    { status: "rejected", reason: refused },
    { status: "fulfilled", value: null },
    { status: "fulfilled", value: 3 },
  ]);
});

Deno.test("a request that fails fails for all that it asked", async () => {
  const ends = new EpochEnds(() => Promise.reject(new Error("no connection")));
  const found = await Promise.allSettled([
    ends.of(0, { partition: 0, epoch: 1 }),
    ends.of(0, { partition: 1, epoch: 1 }),
  ]);
  assert.ok(found.every(({ status }) => status === "rejected"));
});
