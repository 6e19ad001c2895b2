import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { byTrino } from "./by_trino.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { sleep } from "../../mod/wait/sleep.ts";

/** Rows of one log. */
const LOG_ROWS = 4000;

/** A topic is deleted and created again, with a consumer running and without one. */
export const topicAgain: Fault = {
  name: "topic-again",
  claim: "a topic is deleted and recreated, with and without a running consumer",
  rounds: { short: 2, long: 20 },
  async run({ stage, rounds }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const args = ["--flush-rows", "500"];
    await flow.fill({ count: LOG_ROWS });
    await flow.consumeToEnd(args);
    for (let round = 1; round <= rounds; round++) {
      const isRunning = round % 2 === 1;
      const consumer = isRunning ? flow.consume(args) : undefined;
      await consumer?.waitFor(/reading partitions/);
      await createAgain(flow);
      // More than the group has committed of the former log, in the same partitions.
      await flow.fill({ count: LOG_ROWS + round * 100, first: round * 2 * LOG_ROWS });
      if (consumer !== undefined) {
        await consumer.waitFor(/recreated|another log/);
        await flow.finish(consumer);
      }
      await flow.consumeToEnd(args);
    }
    const sent = LOG_ROWS * (rounds + 1) + 100 * rounds * (rounds + 1) / 2;
    const counted = await flow.countLogs();
    const all = { logs: rounds + 1, rows: sent, numbers: sent, places: sent };
    assert.deepEqual(counted, all, "by DuckDB");
    const verified = await flow.verify();
    assert.deepEqual(
      verified,
      { ...verified, ok: true, expected: sent, found: sent },
      JSON.stringify(verified),
    );
    return {
      kills: 0,
      events: `${rounds} times created again`,
      rows: sent,
      verified: { missing: verified.missing, duplicate: verified.duplicate },
      counted: { missing: sent - counted.numbers, duplicate: counted.rows - counted.numbers },
      byTrino: byTrino(await flow.countByTrino(), sent, "numbers"),
      peakRss: flow.peakRss,
    };
  },
};

async function createAgain({ stage, topic }: KafkaFlow): Promise<void> {
  await kafkaAdmin(stage.kafka, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    for (let attempt = 0;; attempt++) {
      try {
        await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
        const offsets = await admin.fetchTopicOffsets(topic);
        if (offsets.every(({ high }) => high === "0")) return;
      } catch (error) {
        if (attempt === 60) throw error;
      }
      await sleep(500);
    }
  });
}
