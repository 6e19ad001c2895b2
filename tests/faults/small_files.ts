import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { PutCounter } from "./put_counter.ts";
import { until } from "../until.ts";

const PARTITIONS = 2;

/** Stands for the minute that is the default of --flush-interval. */
const INTERVAL_MS = 2000;

/** Milliseconds between two rows: a thirtieth of the interval, as of a minute two seconds. */
const ROW_MS = INTERVAL_MS / 30;

/** Rows of one round. */
const ROUND_ROWS = 120;

/** Slow rows become few objects; the last rows are written even if nothing follows. */
export const smallFiles: Fault = {
  name: "small-files",
  claim:
    "slow rows make one object per partition and interval; an idle topic is flushed by time alone",
  rounds: { short: 1, long: 5 },
  async run({ stage, rounds }) {
    await using flow = await KafkaFlow.open(stage, { partitions: PARTITIONS });
    const puts = new PutCounter(stage.s3Proxy);
    const args = ["--flush-interval", `${INTERVAL_MS}ms`];
    const consumer = flow.consume(args, flow.flakyS3);
    await consumer.waitFor(/reading partitions/);
    let most = 0;
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      const before = puts.objects;
      const path = flow.quotes({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const { code, stderr } = await flow.ended(flow.produce(path, 1000 / ROW_MS));
      assert.equal(code, 0, stderr);
      // No more rows come: time alone makes it write the last ones.
      const sent = (round + 1) * ROUND_ROWS;
      await until("all is written", async () => await flow.committed() === sent);
      const intervals = Math.ceil((performance.now() - startedAt) / INTERVAL_MS) + 1;
      most += PARTITIONS * intervals;
      assert.ok(puts.objects - before <= PARTITIONS * intervals, `${puts.objects} objects`);
    }
    await flow.finish(consumer);
    return await conclude(flow, {
      events: `${puts.objects} objects of at most ${most}`,
      sent: rounds * ROUND_ROWS,
    });
  },
};
