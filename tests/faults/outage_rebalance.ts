import assert from "node:assert/strict";
import { freePort } from "../services/free_port.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { isObjectPut, PutCounter } from "./put_counter.ts";
import { isReady } from "./readiness.ts";
import { until } from "../until.ts";

const RATE = 3000;

/** Longest time of a round in seconds, from which the length of the file of rows follows. */
const ROUND_SECONDS = 30;

/** Milliseconds within which the backlog of all outages is written, in flushes of a thousand rows. */
const BACKLOG_MS = 300_000;

/** Partitions move to another consumer and back while S3 accepts nothing. */
export const outageRebalance: Fault = {
  name: "outage-rebalance",
  claim: "S3 is unavailable while a second consumer joins and is killed",
  rounds: { short: 1, long: 12 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 4 });
    const producer = flow.produce(flow.quotes({ count: rounds * ROUND_SECONDS * RATE }), RATE);
    const port = freePort();
    const args = ["--flush-rows", "1000", "--flush-interval", "300ms"];
    const consumer = flow.consume([...args, "--metrics", `${port}`], flow.flakyS3);
    const puts = new PutCounter(stage.s3Proxy);
    const { treat } = stage.s3Proxy;
    for (let round = 0; round < rounds; round++) {
      const before = puts.objects;
      await until("it writes", () => puts.objects > before + 3);
      stage.s3Proxy.treat = (request) =>
        isObjectPut(request) ? { error: [503, "SlowDown"] } : undefined;
      await until("it says that it is not ready", async () => !await isReady(port));
      const other = flow.consume(args, flow.flakyS3);
      await other.waitFor(/joined group/);
      await sleep(chance.between(0, 3000));
      const { signal, stderr } = await other.stop("SIGKILL");
      assert.equal(signal, "SIGKILL", stderr);
      await sleep(chance.between(0, 4000));
      stage.s3Proxy.treat = treat;
      await until("it says that it is ready again", () => isReady(port));
    }
    const sent = await flow.finishProducing(producer);
    await until("all is written", async () => await flow.committed() === sent, BACKLOG_MS);
    await flow.finish(consumer);
    return await conclude(flow, { kills: rounds, sent });
  },
};
