import assert from "node:assert/strict";
import type { Chance } from "./chance.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { FLUSH_STEPS } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { killAtStep } from "./kill_at_step.ts";

/** Rows of one round, and in how large batches they are sent: several a partition. */
const ROUND_ROWS = 6000;
const BATCH_SIZE = "32KiB";

const PARTITIONS = 2;

/** Length of a record batch's header. */
const HEADER_LENGTH = 61;

/** A byte of a record batch is changed on the broker's disk: the batch is a counted gap, all else is there. */
export const damagedBatch: Fault = {
  name: "damaged-batch",
  claim: "record batches damaged on the broker's disk, with a kill within a flush: counted gaps",
  rounds: { short: 1, long: 20 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: PARTITIONS });
    const args = ["--flush-rows", "700", "--partition-by", "index"];
    const ends = Array<number>(PARTITIONS).fill(0);
    let batches = 0;
    let offsets = 0;
    for (let round = 0; round < rounds; round++) {
      const count = { count: ROUND_ROWS, first: round * ROUND_ROWS };
      await flow.fill(count, { TICKLAKE_BATCH_SIZE: BATCH_SIZE });
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const path = `${stage.kafkaData}/${flow.topic}-${partition}/00000000000000000000.log`;
        const { length, end } = damageOne(path, ends[partition], chance);
        ends[partition] = end;
        offsets += length;
        batches++;
      }
      const step = chance.one(FLUSH_STEPS);
      await killAtStep(flow, args, { step, skip: chance.whole(0, 6) });
      await flow.consumeToEnd(args);
    }
    return await conclude(flow, {
      kills: rounds,
      args,
      events: `${batches} batches damaged, ${offsets.toLocaleString("en-US")} offsets in them`,
      look: ({ lost, rows, numbers }) => {
        assert.equal(lost, offsets);
        assert.equal(rows, rounds * ROUND_ROWS - offsets);
        assert.equal(numbers, rows);
      },
    });
  },
};

/**
 * Changes a byte of one of a log file's record batches, in place: the broker reads it from there.
 * @param from offset below which it has been read already
 * @returns offsets of the batch, and the log's end
 */
function damageOne(
  path: string,
  from: number,
  chance: Chance,
): { length: number; end: number } {
  using file = Deno.openSync(path, { read: true, write: true });
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  const batches: Array<{ at: number; size: number; first: number; length: number }> = [];
  for (let at = 0; at + HEADER_LENGTH <= bytes.length;) {
    const size = 12 + view.getInt32(at + 8);
    const first = Number(view.getBigInt64(at));
    batches.push({ at, size, first, length: view.getInt32(at + 23) + 1 });
    at += size;
  }
  const { at, size, length } = chance.one(batches.filter(({ first }) => first >= from));
  const place = at + chance.whole(HEADER_LENGTH, size - 1);
  file.seekSync(place, Deno.SeekMode.Start);
  file.writeSync(Uint8Array.of(bytes[place] ^ 0x20));
  const last = batches.at(-1)!;
  return { length, end: last.first + last.length };
}
