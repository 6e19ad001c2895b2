import assert from "node:assert/strict";
import { freePort } from "../services/free_port.ts";
import { conclude } from "./conclude.ts";
import type { Fault, Scene } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { isForCatalog, PutCounter } from "./put_counter.ts";
import { isReady } from "./readiness.ts";
import type { Stage } from "./stage.ts";
import { until } from "../until.ts";

const RATE = 5000;

/** Milliseconds within which the backlog of an outage is written, in flushes of a thousand rows. */
const BACKLOG_MS = 300_000;

/** How S3 goes away and comes back. */
interface Absence {
  /** Milliseconds for which it is away, in the tests and in the long run. */
  awayMs: { short: number; long: number };
  /** How long it is away, for people. */
  leave(stage: Stage): Promise<void>;
  comeBack(stage: Stage): Promise<void>;
}

/** S3 is away for a while: the group is kept, `/readyz` says so, all is written afterwards. */
async function withoutS3(scene: Scene, { awayMs, leave, comeBack }: Absence) {
  const { stage, rounds, isShort } = scene;
  const ms = isShort ? awayMs.short : awayMs.long;
  await using flow = await KafkaFlow.open(stage, { partitions: 4 });
  const port = freePort();
  const args = ["--flush-rows", "1000", "--flush-interval", "300ms", "--metrics", `${port}`];
  const count = 2 * RATE * rounds * (ms / 1000 + 10);
  const producer = flow.produce(flow.quotes({ count }), RATE);
  const consumer = flow.consume(args, flow.flakyS3);
  const puts = new PutCounter(stage.s3Proxy);
  for (let round = 0; round < rounds; round++) {
    const before = puts.objects;
    await until("it writes", () => puts.objects > before + 3);
    await leave(stage);
    const backAt = performance.now() + ms;
    await until("it says that it is not ready", async () => !await isReady(port));
    await sleep(backAt - performance.now());
    await comeBack(stage);
    await until("it says that it is ready again", () => isReady(port));
  }
  const sent = await flow.finishProducing(producer);
  await until("all is written", async () => await flow.committed() === sent, BACKLOG_MS);
  const { stderr } = await flow.finish(consumer);
  assert.deepEqual(stderr.match(/ generation (\d+),/g), [" generation 1,"], "it kept the group");
  const events = `${ms / 1000} s each`;
  return await conclude(flow, { events, sent });
}

/** The S3 server is killed and comes back. */
export const s3Outage: Fault = {
  name: "s3-outage",
  claim: "S3 is unavailable for a while: the server is killed and restarted",
  rounds: { short: 1, long: 3 },
  run: (scene) =>
    withoutS3(scene, {
      awayMs: { short: 10_000, long: 60_000 },
      leave: (stage) => stage.killS3(),
      comeBack: (stage) => stage.startS3(),
    }),
};

/** Credentials expire and become valid again. */
export const expiredCredentials: Fault = {
  name: "s3-credentials",
  claim: "credentials that expire and become valid again",
  rounds: { short: 1, long: 3 },
  run: (scene) => {
    let pass = () => {};
    return withoutS3(scene, {
      awayMs: { short: 5_000, long: 30_000 },
      async leave({ s3Proxy }) {
        const { treat } = s3Proxy;
        pass = () => s3Proxy.treat = treat;
        s3Proxy.treat = (request) =>
          isForCatalog(request.target) ? treat(request) : { error: [400, "ExpiredToken"] };
      },
      async comeBack() {
        pass();
      },
    });
  },
};
