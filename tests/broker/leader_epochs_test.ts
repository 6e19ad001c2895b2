import assert from "node:assert/strict";
import { firstEpoch, LeaderEpochs } from "../../mod/broker/kafka/leader_epochs.ts";

/** The header of a record batch, as far as it is read here. */
function header({ first, count, epoch }: { first: number; count: number; epoch: number }) {
  const bytes = new Uint8Array(61);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(first));
  view.setInt32(8, 61 - 12);
  view.setInt32(12, epoch);
  view.setInt8(16, 2);
  view.setInt32(23, count - 1);
  return bytes;
}

function read(...batches: Array<{ first: number; count: number; epoch: number }>): LeaderEpochs {
  const epochs = new LeaderEpochs();
  for (const batch of batches) epochs.addAll(header(batch));
  return epochs;
}

Deno.test("the epoch before an offset is that of the message that was read before it", () => {
  const epochs = read({ first: 0, count: 10, epoch: 3 }, { first: 10, count: 5, epoch: 4 });
  assert.deepEqual([0, 1, 10, 11, 15].map((offset) => epochs.before(offset)), [-1, 3, 3, 4, 4]);
});

Deno.test("of an offset that was not read up to no epoch is known", () => {
  // Another leader's messages between the two may have been compacted away.
  const epochs = read({ first: 0, count: 10, epoch: 3 }, { first: 20, count: 5, epoch: 5 });
  assert.deepEqual([10, 11, 20, 21, 26].map((offset) => epochs.before(offset)), [3, -1, -1, 5, -1]);
  const same = read({ first: 0, count: 10, epoch: 3 }, { first: 20, count: 5, epoch: 3 });
  assert.equal(same.before(15), 3);
});

Deno.test("an epoch that came with a commit is that of its offset alone", () => {
  const epochs = new LeaderEpochs();
  epochs.add(100, 7);
  assert.deepEqual([99, 100, 101].map((offset) => epochs.before(offset)), [-1, 7, -1]);
  epochs.add(200, -1);
  assert.equal(epochs.before(200), -1);
  assert.equal(firstEpoch(header({ first: 0, count: 1, epoch: 9 })), 9);
  assert.equal(firstEpoch(new Uint8Array()), -1);
});
