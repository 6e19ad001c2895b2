import assert from "node:assert/strict";
import type { Chance } from "./chance.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { atStep, FLUSH_STEPS } from "./flush_step.ts";
import { PutCounter } from "./put_counter.ts";

const RATE = 4000;

/** Several objects a flush, so that a kill can come between them. */
const LAYOUT = ["--partition-by", "dt,index"];

/** Longest time of a round in seconds, from which the length of the file of rows follows. */
const ROUND_SECONDS = 6;

/** A consumer is killed exactly between two steps of a flush; each round has every place. */
export const killBetweenSteps: Fault = {
  name: "kill-between-steps",
  claim:
    "SIGKILL of a consumer exactly between the steps of a flush, before and after each request",
  rounds: { short: 1, long: 10 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 3 });
    const rows = rounds * FLUSH_STEPS.length * ROUND_SECONDS * RATE;
    const producer = flow.produce(flow.quotes({ count: rows }), RATE);
    const puts = new PutCounter(stage.s3Proxy);
    const treatPut = stage.s3Proxy.treat;
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      for (const step of FLUSH_STEPS) {
        stage.calm();
        stage.s3Proxy.treat = treatPut;
        const consumer = flow.consume(randomFlush(chance), flow.flaky);
        const killed = atStep(stage, {
          step,
          skip: chance.whole(0, 8),
          async act() {
            await consumer.stop("SIGKILL");
            return "lose";
          },
        });
        const ended = consumer.result.then(({ signal, stderr }) => {
          assert.equal(signal, "SIGKILL", `${step}: it ended by itself: ${stderr}`);
        });
        await Promise.all([killed, ended]);
        kills++;
      }
    }
    const sent = await flow.finishProducing(producer);
    const events = `${puts.repeated} objects written again`;
    return await conclude(flow, { kills, args: LAYOUT, events, sent });
  },
};

/** Flushes of many sizes. */
function randomFlush(chance: Chance): string[] {
  return [
    ...["--flush-rows", String(chance.one([200, 1000, 5000]))],
    ...["--flush-interval", `${chance.one([200, 500])}ms`],
    ...LAYOUT,
  ];
}
