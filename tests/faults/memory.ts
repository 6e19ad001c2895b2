import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault, Outcome, Scene } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { isRangePut, PutCounter } from "./put_counter.ts";
import { until } from "../until.ts";

const PARTITIONS = 64;

/** Different symbols and years of the rows: with `index,year(date)` that many objects at once. */
const [SYMBOLS, YEARS] = [64, 20];

/** Rows of one round. */
const ROUND_ROWS = 250_000;

/** Most memory of the process, buffers and all, in bytes: the default of --max-memory is 256 MiB. */
const MOST_RSS = 400e6;

/** Consumes wide rows on many partitions, with the default settings for memory. */
async function consumeWide(
  scene: Scene,
  away: boolean,
): Promise<Outcome> {
  const { stage, rounds } = scene;
  const rows = rounds * ROUND_ROWS;
  await using flow = await KafkaFlow.open(stage, { partitions: PARTITIONS });
  await flow.fill({ count: rows, symbols: SYMBOLS, years: YEARS });
  const puts = new PutCounter(stage.s3Proxy);
  const { treat } = stage.s3Proxy;
  let refused = 0;
  if (away) {
    stage.s3Proxy.treat = (request) => {
      if (!isRangePut(request)) return treat(request);
      refused++;
      return { error: [503, "SlowDown"] };
    };
  }
  // So that many objects are open at the same time.
  const args = ["--partition-by", "index,year(date)", "--flush-interval", "20s"];
  const consumer = flow.consume([...args, "--until-end"], flow.flakyS3);
  if (away) {
    await until("an object is refused", () => refused > 0);
    // Long enough to read as much as it may hold, and to retry.
    await sleep(15_000);
    stage.s3Proxy.treat = treat;
  }
  const { code, stdout, stderr } = await flow.ended(consumer, 300_000);
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).written, rows);
  const { peakRss } = consumer;
  assert.ok(peakRss < MOST_RSS, `${peakRss} bytes of memory`);
  const events = `${puts.objects.toLocaleString("en-US")} objects`;
  return { ...await conclude(flow, { args: args.slice(0, 2), events, sent: rows }), peakRss };
}

/** Hundreds of objects at once. */
export const manyGroups: Fault = {
  name: "memory",
  claim: "64 partitions, a lake partition per index and year: memory stays bounded",
  rounds: { short: 0, long: 16 },
  run: (scene) => consumeWide(scene, false),
};

/** The same while S3 is away. */
export const manyGroupsWithoutS3: Fault = {
  name: "memory-outage",
  claim: "64 partitions, a lake partition per index and year, S3 unavailable: memory stays bounded",
  rounds: { short: 1, long: 16 },
  run: (scene) => consumeWide(scene, true),
};
