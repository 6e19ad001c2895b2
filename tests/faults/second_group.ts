import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { FLUSH_STEPS } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { killAtStep } from "./kill_at_step.ts";

/** Rows of one round. */
const ROUND_ROWS = 6000;

/** A second group is refused after a kill within a flush, or takes the table over; on Iceberg it simply continues. */
export const secondGroup: Fault = {
  name: "second-group",
  claim: "a second group is refused after a kill within a flush, or takes the table over",
  claimOnIceberg:
    "a second group writes an Iceberg table on after a kill within a flush, and the former one after it",
  rounds: { short: 2, long: 20 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const layout = ["--flush-rows", "500", "--partition-by", "index"];
    const isIceberg = stage.table === "iceberg";
    let writer = flow.group;
    let takeOvers = 0;
    let refused = 0;
    const asGroup = (group: string) => [...layout, "--group", group];
    const isRefused = async (group: string) => {
      const { code, stderr } = await flow.run(["consume", "--until-end", ...asGroup(group)]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`is written by group ${writer};`));
      refused++;
    };
    for (let round = 0; round < rounds; round++) {
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const step = chance.one(FLUSH_STEPS);
      await killAtStep(flow, asGroup(writer), { step, skip: chance.whole(0, 8) });
      const other = `${flow.group}-${round}`;
      if (!isIceberg) await isRefused(other);
      if (round % 2 === 0) {
        const former = writer;
        await flow.consumeToEnd([...asGroup(other), ...isIceberg ? [] : ["--take-over"]]);
        writer = other;
        takeOvers++;
        if (isIceberg) {
          const { written } = await flow.consumeToEnd(asGroup(former));
          assert.equal(written, 0, "rows of the other group written again");
        } else {
          await isRefused(former);
        }
      } else {
        await flow.consumeToEnd(asGroup(writer));
      }
    }
    const events = isIceberg
      ? `${takeOvers} times another group wrote on`
      : `${refused} times refused, ${takeOvers} take-overs`;
    return await conclude(flow, {
      ...{ kills: rounds, events, sent: rounds * ROUND_ROWS },
      args: asGroup(writer),
    });
  },
};
