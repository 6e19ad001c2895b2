import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { PutCounter } from "./put_counter.ts";
import { until } from "../until.ts";

const RATE = 3000;

/** Longest time of a round in seconds, from which the length of the file of rows follows. */
const ROUND_SECONDS = 40;

/** The broker is killed while rows flow, and restarted. */
export const brokerRestart: Fault = {
  name: "broker-restart",
  claim: "SIGKILL and restart of the broker under load",
  rounds: { short: 1, long: 10 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 4 });
    const puts = new PutCounter(stage.s3Proxy);
    const path = flow.quotes({ count: rounds * ROUND_SECONDS * RATE });
    const producer = flow.produce(path, RATE);
    const args = ["--flush-rows", "1000", "--flush-interval", "300ms"];
    const consumers = [1, 2].map(() => flow.consume(args, flow.flakyS3));
    for (let round = 0; round < rounds; round++) {
      const before = puts.objects;
      await until("they write", () => puts.objects > before + 5);
      await sleep(chance.between(0, 1000));
      await stage.killKafka();
      await sleep(chance.between(0, 4000));
      await stage.startKafka();
    }
    const before = puts.objects;
    await until("they write again", () => puts.objects > before + 5);
    const sent = await flow.finishProducing(producer);
    for (const consumer of consumers) {
      await flow.finish(consumer);
    }
    return await conclude(flow, {
      kills: rounds,
      events: "all of them the broker",
      sent,
    });
  },
};
