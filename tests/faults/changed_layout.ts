import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { atStep, FLUSH_STEPS } from "./flush_step.ts";

/** What the table is. */
const LAYOUT = ["--format", "parquet", "--partition-by", "dt"];

/** What it is not. */
const OTHERS = [
  ["--format", "jsonl", "--partition-by", "dt"],
  ["--format", "parquet", "--partition-by", "index"],
  ["--format", "jsonl", "--partition-by", "index,year(date)"],
  ["--format", "parquet", "--partition-by", "none"],
];

/** Rows of one round: several flushes a partition. */
const ROUND_ROWS = 6000;

/** Another format or partitioning between a kill within a flush and the restart: refused, and nothing is lost. */
export const changedLayout: Fault = {
  name: "changed-layout",
  claim: "another --format or --partition-by after a kill within a flush is refused",
  rounds: { short: 4, long: 40 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    await flow.fill({ count: ROUND_ROWS });
    await flow.consumeToEnd(LAYOUT);
    await flow.fill({ count: ROUND_ROWS * rounds, first: ROUND_ROWS });
    for (let round = 0; round < rounds; round++) {
      stage.calm();
      const consumer = flow.consume([...LAYOUT, "--flush-rows", "700"], flow.flaky);
      await atStep(stage, {
        step: chance.one(FLUSH_STEPS),
        skip: chance.whole(0, 3),
        async act() {
          const { signal, stderr } = await consumer.stop("SIGKILL");
          assert.equal(signal, "SIGKILL", stderr);
          return "lose";
        },
      });
      stage.calm();
      const { code, stderr } = await flow.run(["consume", "--until-end", ...chance.one(OTHERS)]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /holds .* and would get/);
    }
    const sent = ROUND_ROWS * (rounds + 1);
    return await conclude(flow, { kills: rounds, args: LAYOUT, sent });
  },
};
