import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { atStep, FLUSH_STEPS } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { isObjectPut } from "./put_counter.ts";
import { sleep } from "../../mod/wait/sleep.ts";

/** Rows of one round. */
const ROUND_ROWS = 60_000;

/** Retention removes what was not read, while no consumer runs and while one waits for S3. */
export const retention: Fault = {
  name: "retention",
  claim: "retention removes unread offsets: a counted gap",
  rounds: { short: 4, long: 30 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 3 });
    const args = ["--flush-rows", "500", "--partition-by", "index", "--max-memory", "1MiB"];
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const consumer = flow.consume(args, flow.flaky);
      if (round % 2 === 0) {
        await atStep(stage, {
          step: chance.one(FLUSH_STEPS),
          skip: chance.whole(0, 20),
          async act() {
            const { signal, stderr } = await consumer.stop("SIGKILL");
            assert.equal(signal, "SIGKILL", stderr);
            return "lose";
          },
        });
        kills++;
        await removeSome(flow, (low, high) => low + chance.between(0, (high - low) / 2));
      } else {
        await consumer.waitFor(/reading partitions/);
        // It stops reading when its memory is full.
        stage.s3Proxy.treat = (request) =>
          isObjectPut(request) ? { error: [503, "SlowDown"] } : undefined;
        await sleep(3000);
        await removeSome(flow, (low, high) => high - chance.between(0, (high - low) / 4));
        stage.calm();
        await consumer.waitFor(/removed/);
        await flow.finish(consumer);
      }
    }
    return await conclude(flow, {
      kills,
      args: ["--partition-by", "index"],
      events: ({ lost }) => `${lost.toLocaleString("en-US")} offsets counted as removed`,
      look: ({ lost, rows, numbers }) => {
        assert.ok(lost > 0, "something was removed before it was read");
        assert.equal(rows, numbers);
      },
    });
  },
};

/**
 * Has the broker remove the messages below an offset of each partition.
 * @param below gives it, by the partition's offsets and its number
 */
export async function removeSome(
  flow: KafkaFlow,
  below: (low: number, high: number, partition: number) => number,
): Promise<void> {
  const { topic } = flow;
  await kafkaAdmin(flow.stage.kafka, async (admin) => {
    const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
      partition,
      offset: String(Math.floor(below(Number(low), Number(high), partition))),
    }));
    await admin.deleteTopicRecords({ topic, partitions });
  });
}
