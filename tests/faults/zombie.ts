import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { atStep, FLUSH_STEPS } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { PutCounter } from "./put_counter.ts";
import { until } from "../until.ts";

const RATE = 3000;

/** Longest time of a round in seconds, from which the length of the file of rows follows. */
const ROUND_SECONDS = 20;

/** Where a consumer is paused: anywhere, or so that its request arrives after the take-over. */
const PLACES = ["anywhere", ...FLUSH_STEPS] as const;

/** A consumer is paused past its session while a second one takes over, then continues. */
export const zombie: Fault = {
  name: "zombie",
  claim:
    "SIGSTOP of a consumer past its session, SIGCONT after a second has taken over, its last request late",
  rounds: { short: 3, long: 28 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 3 });
    const path = flow.quotes({ count: rounds * ROUND_SECONDS * RATE });
    const producer = flow.produce(path, RATE);
    const args = ["--flush-rows", "1000", "--flush-interval", "300ms"];
    for (let round = 0; round < rounds; round++) {
      stage.calm();
      const puts = new PutCounter(stage.s3Proxy);
      const first = flow.consume(args, flow.flaky);
      await until("the first consumer writes", () => puts.objects > 2);
      const second = async () => {
        first.signal("SIGSTOP");
        const consumer = flow.consume(args);
        await consumer.waitFor(/partitions 0,1,2\n[^]*wrote offsets/);
        return consumer;
      };
      // In the short run too, the three rounds have different kinds of places.
      const place = PLACES[(round * 3 + chance.whole(0, 2)) % PLACES.length];
      let taker: ReturnType<typeof second> | undefined;
      if (place === "anywhere") {
        await sleep(chance.between(0, 500));
        await (taker = second());
      } else {
        await atStep(stage, {
          step: place,
          skip: chance.whole(0, 4),
          async act() {
            await (taker = second());
            return "pass";
          },
        });
      }
      const before = puts.objects;
      first.signal("SIGCONT");
      await sleep(chance.between(0, 1500));
      await flow.finish(await taker!);
      await until("the first consumer writes again", () => puts.objects > before + 2);
      await flow.finish(first);
    }
    const sent = await flow.finishProducing(producer);
    const events = `${rounds} take-overs`;
    return await conclude(flow, { events, sent });
  },
};
