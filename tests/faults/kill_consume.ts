import assert from "node:assert/strict";
import type { Chance } from "./chance.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { PutCounter } from "./put_counter.ts";
import type { Watched } from "./watched_process.ts";

/** Rows a second while consumers are killed. */
const RATE = 5000;

/** Consumers at once, of which each round kills one. */
const CONSUMERS = 2;

/** Longest life in milliseconds of a consumer that only joins, and of one that is to write. */
const LIVES_MS = [1500, 6000] as const;

/** Consumers are killed at random instants while rows flow. */
export const killConsume: Fault = {
  name: "kill-consume",
  claim: "SIGKILL of consumers at random instants under load",
  rounds: { short: 8, long: 100 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 6 });
    // With the latency of S3, so that kills meet flushes while their objects are being put.
    const travel = () => sleep(chance.between(5, 150)).then(() => false);
    stage.s3Proxy.treat = () => ({ before: travel });
    const puts = new PutCounter(stage.s3Proxy);
    const path = flow.quotes({ count: rounds * RATE * LIVES_MS[1] / 1000 });
    const producer = flow.produce(path, RATE);
    const consumers: Watched[] = [];
    for (let round = 0; round < rounds; round++) {
      while (consumers.length < CONSUMERS) {
        consumers.push(flow.consume(randomFlush(chance), flow.flakyS3));
      }
      await sleep(chance.between(100, chance.one(LIVES_MS)));
      const [victim] = consumers.splice(chance.whole(0, CONSUMERS - 1), 1);
      const { signal, stderr } = await victim.stop("SIGKILL");
      assert.equal(signal, "SIGKILL", `a consumer ended by itself: ${stderr}`);
    }
    for (const consumer of consumers) {
      await flow.finish(consumer);
    }
    const sent = await flow.finishProducing(producer);
    return await conclude(flow, {
      kills: rounds,
      events: `${puts.repeated} objects written again`,
      sent,
    });
  },
};

/** Ranges of very different sizes, so that kills meet every step. */
function randomFlush(chance: Chance): string[] {
  const rows = chance.one([300, 2000, 20_000]);
  const interval = chance.one([200, 700, 2500]);
  return ["--flush-rows", String(rows), "--flush-interval", `${interval}ms`];
}
