import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { embeddedFlow } from "./iceberg_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import type { Watched } from "./watched_process.ts";

/** Rows a second. */
const RATE = 20_000;

/** Longest time between two kills, in milliseconds. */
const LONGEST_MS = 2500;

/** More rows than a producer sends before it is killed. */
const FILE_ROWS = 2 * RATE * LONGEST_MS / 1000;

/** Processes on the embedded log and the directory lake are killed at random. */
export const embeddedKills: Fault = {
  name: "kill-embedded",
  claim: "SIGKILL of producers and consumers on the embedded log and the directory lake",
  rounds: { short: 8, long: 60 },
  async run({ stage, rounds, chance }) {
    await using flow = embeddedFlow(stage);
    let files = 0;
    const produce = async () => {
      const first = FILE_ROWS * files++;
      return flow.produce(flow.quotes({ count: FILE_ROWS, first }), RATE);
    };
    const consume = () => {
      const rows = chance.one([500, 3000, 20_000]);
      return flow.consume(["--flush-rows", String(rows), "--flush-interval", "300ms"]);
    };
    let producer = await produce();
    await producer.waitFor(/replaying/);
    let consumers: Watched[] = [consume(), consume()];
    for (let round = 0; round < rounds; round++) {
      await sleep(chance.between(200, LONGEST_MS));
      if (chance.happens(0.4)) {
        await producer.stop("SIGKILL");
        producer = await produce();
      } else {
        const [victim, other] = chance.happens(0.5) ? consumers : consumers.toReversed();
        const { signal, stderr } = await victim.stop("SIGKILL");
        assert.equal(signal, "SIGKILL", `a consumer ended by itself: ${stderr}`);
        consumers = [other, consume()];
      }
    }
    for (const process of [producer, ...consumers]) {
      await flow.finish(process);
    }
    return await conclude(flow, {
      kills: rounds,
      events: `${files - 1} of them producers`,
      look: ({ rows, numbers }) => assert.equal(rows, numbers, "no row is in the log twice"),
    });
  },
};
