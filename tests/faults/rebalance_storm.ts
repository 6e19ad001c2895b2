import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import type { Watched } from "./watched_process.ts";

/** Rows while one consumer joins or leaves: a million in the long run. */
const ROUND_ROWS = 12_500;

/** Milliseconds between two changes, at most. */
const LONGEST_MS = 3500;

/** Milliseconds that a request to S3 takes, at most. */
const SLOWEST_MS = 400;

const MOST_CONSUMERS = 4;

/** Bounds of a flush. */
const FLUSHES = {
  hive: { rows: [500, 5000, 50_000], intervalsMs: [200, 1000] },
  // Four processes that commit to one table take turns, and a turn is four to six of the slow requests: with
  // small flushes a backlog would not be written in the time that a stop has.
  iceberg: { rows: [50_000], intervalsMs: [2000, 10_000] },
};

/** Consumers join and leave while rows flow. */
export const rebalanceStorm: Fault = {
  name: "rebalance-storm",
  claim: "rebalance storm: one to four consumers join and leave every few seconds while rows flow",
  rounds: { short: 8, long: 80 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 8 });
    // Slow enough that partitions are revoked during a flush.
    const travel = () => sleep(chance.between(5, SLOWEST_MS)).then(() => false);
    stage.s3Proxy.treat = () => ({ before: travel });
    const flushes = FLUSHES[stage.table];
    const path = flow.quotes({ count: rounds * ROUND_ROWS });
    const producer = flow.produce(path, ROUND_ROWS / (LONGEST_MS / 2000));
    const all: Watched[] = [];
    let present: Watched[] = [];
    for (let round = 0; round < rounds; round++) {
      const { length } = present;
      if (length < MOST_CONSUMERS && (length <= 1 || chance.happens(0.5))) {
        const rows = chance.one(flushes.rows);
        const interval = chance.one(flushes.intervalsMs);
        const args = ["--flush-rows", String(rows), "--flush-interval", `${interval}ms`];
        present.push(flow.consume(args, flow.flakyS3));
        all.push(present[length]);
      } else {
        const leaver = chance.one(present);
        present = present.filter((one) => one !== leaver);
        await flow.finish(leaver);
      }
      await sleep(chance.between(200, LONGEST_MS));
    }
    const produced = await producer.result;
    assert.equal(produced.code, 0, produced.stderr);
    for (const consumer of present) {
      await flow.finish(consumer);
    }
    const generations = all.flatMap(({ stderr }) =>
      Array.from(stderr.matchAll(/ generation (\d+),/g), ([, id]) => Number(id))
    );
    const rebalances = Math.max(...generations) - 1;
    assert.ok(rebalances >= rounds / 4, `${rebalances} rebalances`);
    return await conclude(flow, {
      events: `${rebalances} rebalances`,
      sent: JSON.parse(produced.stdout).sent,
    });
  },
};
