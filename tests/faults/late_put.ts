import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { atStep } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { removeSome } from "./retention.ts";

/** Rows of one round. */
const ROUND_ROWS = 12_000;

/**
 * A consumer is paused while it puts an object; retention removes messages of that flush; a second consumer
 * settles it and goes on; then the object arrives.
 */
export const latePut: Fault = {
  name: "late-put",
  claim:
    "a late object of a paused consumer arrives after its flush was settled because of retention",
  rounds: { short: 1, long: 20 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const args = ["--flush-rows", "1000", "--partition-by", "index"];
    for (let round = 0; round < rounds; round++) {
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const first = flow.consume(args, flow.flaky);
      await atStep(stage, {
        step: "before an object",
        skip: chance.whole(0, 20),
        async act() {
          first.signal("SIGSTOP");
          const committed = await committedOf(flow);
          await removeSome(flow, (low, high, partition) => {
            const at = Math.max(low, committed[partition] ?? 0);
            return at + chance.between(0, (high - at) / 2);
          });
          // The session of the first one ends meanwhile.
          await flow.consumeToEndBeside(args);
          return "pass";
        },
      });
      stage.calm();
      first.signal("SIGCONT");
      await flow.finish(first);
    }
    return await conclude(flow, {
      args,
      events: ({ lost }) => `${lost.toLocaleString("en-US")} offsets counted as removed`,
      look: ({ lost, rows, numbers }) => {
        assert.ok(lost > 100 * rounds, "something was removed before it was read");
        assert.equal(rows, numbers);
      },
    });
  },
};

/** What the group has committed, by partition. */
async function committedOf({ stage, topic, group: groupId }: KafkaFlow): Promise<number[]> {
  const [{ partitions }] = await kafkaAdmin(
    stage.kafka,
    (admin) => admin.fetchOffsets({ groupId, topics: [topic] }),
  );
  const committed: number[] = [];
  for (const { partition, offset } of partitions) committed[partition] = Number(offset);
  return committed;
}
