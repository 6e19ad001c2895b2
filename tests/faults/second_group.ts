import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { FLUSH_STEPS } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { killAtStep } from "./kill_at_step.ts";

/** Rows of one round. */
const ROUND_ROWS = 6000;

/** A second group is refused after a kill within a flush, or takes the table over. */
export const secondGroup: Fault = {
  name: "second-group",
  claim: "a second group is refused after a kill within a flush, or takes the table over",
  rounds: { short: 2, long: 20 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const layout = ["--flush-rows", "500", "--partition-by", "index"];
    let writer = flow.group;
    let takeOvers = 0;
    const asGroup = (group: string) => [...layout, "--group", group];
    const isRefused = async (group: string) => {
      const { code, stderr } = await flow.run(["consume", "--until-end", ...asGroup(group)]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`is written by group ${writer};`));
    };
    for (let round = 0; round < rounds; round++) {
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const step = chance.one(FLUSH_STEPS);
      await killAtStep(flow, asGroup(writer), { step, skip: chance.whole(0, 8) });
      const other = `${flow.group}-${round}`;
      await isRefused(other);
      if (round % 2 === 0) {
        await flow.consumeToEnd([...asGroup(other), "--take-over"]);
        const former = writer;
        writer = other;
        takeOvers++;
        await isRefused(former);
      } else {
        await flow.consumeToEnd(asGroup(writer));
      }
    }
    const events = `${rounds + takeOvers} times refused, ${takeOvers} take-overs`;
    return await conclude(flow, {
      ...{ kills: rounds, events, sent: rounds * ROUND_ROWS },
      args: asGroup(writer),
    });
  },
};
