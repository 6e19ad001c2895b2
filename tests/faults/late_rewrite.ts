import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { atStep } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";

/** Rows of one round. */
const ROUND_ROWS = 4000;

/**
 * A consumer is paused while it puts an object; the table is reset and rewritten in ranges of another size;
 * then the object arrives, under a name that is not written again.
 */
export const lateRewrite: Fault = {
  name: "late-rewrite",
  claim: "a late object of a paused consumer arrives after reset --rewrite and another consume",
  rounds: { short: 1, long: 20 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const layout = ["--partition-by", "index"];
    for (let round = 0; round < rounds; round++) {
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const first = flow.consume([...layout, "--flush-rows", "500"], flow.flaky);
      await atStep(stage, {
        step: "before an object",
        skip: chance.whole(0, 20),
        async act() {
          first.signal("SIGSTOP");
          const size = chance.whole(300, 900);
          const other = [...layout, "--flush-rows", String(size)];
          // The session of the first one ends meanwhile: until then a reset is refused.
          await flow.consumeToEndBeside(other);
          const to = String(chance.whole(0, round * ROUND_ROWS / 2));
          const { code, stderr } = await flow.run(["reset", "--to", to, "--rewrite", ...layout]);
          assert.equal(code, 0, stderr);
          await flow.consumeToEndBeside(other);
          return "pass";
        },
      });
      stage.calm();
      first.signal("SIGCONT");
      await flow.finish(first);
    }
    return await conclude(flow, {
      args: layout,
      events: `${rounds} times written again`,
      sent: rounds * ROUND_ROWS,
    });
  },
};
