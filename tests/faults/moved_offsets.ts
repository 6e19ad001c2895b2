import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { FLUSH_STEPS } from "./flush_step.ts";
import { killAtStep } from "./kill_at_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";

/** Rows of one round. */
const ROUND_ROWS = 6000;

/** What happens to the group's offsets while no consumer runs. */
const MOVES = ["deleted", "back", "forward"] as const;

/** The group's offsets are deleted or moved after a consumer was killed within a flush. */
export const movedOffsets: Fault = {
  name: "moved-offsets",
  claim: "the group's offsets are deleted, moved back or moved forward after a kill within a flush",
  rounds: { short: 3, long: 60 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const args = ["--flush-rows", "500", "--partition-by", "index"];
    const times = { deleted: 0, back: 0, forward: 0 };
    for (let round = 0; round < rounds; round++) {
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const step = chance.one(FLUSH_STEPS);
      await killAtStep(flow, args, { step, skip: chance.whole(3, 10) });
      const what = MOVES[round % MOVES.length];
      times[what]++;
      await move(flow, what, (low, high) => low + chance.between(0, high - low));
      await flow.consumeToEnd(args);
    }
    return await conclude(flow, {
      kills: rounds,
      args,
      events: ({ lost }) =>
        `${times.deleted} times deleted, ${times.back} back, ${times.forward} forward; ` +
        `${lost.toLocaleString("en-US")} offsets passed over, counted as a gap`,
      look: ({ rows, numbers }) => assert.equal(rows, numbers),
    });
  },
};

/** Moves the offsets of a group whose member was killed, once the coordinator has dropped that member. */
async function move(
  { stage, topic, group: groupId }: KafkaFlow,
  what: typeof MOVES[number],
  between: (low: number, high: number) => number,
): Promise<void> {
  await kafkaAdmin(stage.kafka, async (admin) => {
    const partitions = await admin.fetchTopicOffsets(topic);
    for (let attempt = 0;; attempt++) {
      try {
        const [{ partitions: committed }] = await admin.fetchOffsets({ groupId, topics: [topic] });
        if (what === "deleted") {
          await admin.deleteGroups([groupId]);
        } else {
          await admin.setOffsets({
            groupId,
            topic,
            partitions: partitions.map(({ partition, low, high }) => {
              const at = Math.max(
                Number(low),
                Number(committed.find((one) => one.partition === partition)?.offset ?? 0),
              );
              const bounds = what === "back" ? [Number(low), at] : [at, Number(high)];
              return { partition, offset: String(Math.floor(between(bounds[0], bounds[1]))) };
            }),
          });
        }
        return;
      } catch (error) {
        // Until the session of the killed one is over.
        if (attempt === 60) throw error;
        await sleep(500);
      }
    }
  });
}
