import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { atStep, FLUSH_STEPS } from "./flush_step.ts";

/** Layouts, none of which writes an object of the same name as another. */
const LAYOUTS = [
  ["--format", "parquet", "--partition-by", "dt"],
  ["--format", "jsonl", "--partition-by", "dt"],
  ["--format", "parquet", "--partition-by", "index"],
  ["--format", "jsonl", "--partition-by", "index,year(date)"],
  ["--format", "parquet", "--partition-by", "none"],
];

/** Rows of one round: several flushes a partition. */
const ROUND_ROWS = 6000;

/** Another format or partitioning between a kill within a flush and the restart. */
export const changedLayout: Fault = {
  name: "changed-layout",
  claim: "another --format or --partition-by between a kill within a flush and the restart",
  rounds: { short: 4, long: 40 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    let layout = LAYOUTS[0];
    await flow.fill({ count: ROUND_ROWS * rounds });
    for (let round = 0; round < rounds; round++) {
      stage.calm();
      layout = chance.one(LAYOUTS.filter((one) => one !== layout));
      const consumer = flow.consume([...layout, "--flush-rows", "700"], flow.flaky);
      await atStep(stage, {
        step: chance.one(FLUSH_STEPS),
        skip: chance.whole(0, 3),
        async act() {
          const { signal, stderr } = await consumer.stop("SIGKILL");
          assert.equal(signal, "SIGKILL", stderr);
          return "lose";
        },
      });
    }
    const sent = ROUND_ROWS * rounds;
    const last = chance.one(LAYOUTS.filter((one) => one !== layout));
    return await conclude(flow, { kills: rounds, args: last, sent });
  },
};
