import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { startKafka } from "../services/kafka/kafka.ts";
import { byTrino } from "./by_trino.ts";
import type { Fault } from "./fault.ts";
import { atStep } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";

/** Rows of one round. */
const ROUND_ROWS = 5000;

const PARTITIONS = 2;

const OTHER_CLUSTER = "AAECAwQFBgcICQoLDA0ODw";

/** Two clusters with a topic of the same name, and one group and one table for both. */
export const twoClusters: Fault = {
  name: "two-clusters",
  claim: "two clusters with topics of the same name into one table, with a kill within a flush",
  rounds: { short: 2, long: 20 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: PARTITIONS });
    const folder = await Deno.makeTempDir({ prefix: "ticklake-cluster-" });
    const other = await startKafka({ folder, clusterId: OTHER_CLUSTER });
    try {
      const topics = [{ topic: flow.topic, numPartitions: PARTITIONS }];
      await kafkaAdmin(other.bootstrap, (admin) => admin.createTopics({ topics }));
      const clusters = [stage.kafka, other.bootstrap].map((servers) => {
        return { KAFKA_BOOTSTRAP_SERVERS: servers };
      });
      const args = ["--flush-rows", "500"];
      for (let round = 0; round < rounds; round++) {
        const cluster = clusters[round % 2];
        await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS }, cluster);
        const consumer = flow.consume(args, { ...flow.flakyS3, ...cluster });
        await atStep(stage, {
          step: chance.one(["before an object", "after an object, before its answer"]),
          skip: chance.whole(0, 6),
          async act() {
            const { signal, stderr } = await consumer.stop("SIGKILL");
            assert.equal(signal, "SIGKILL", stderr);
            return "lose";
          },
        });
        stage.calm();
        // The other one in between: what was begun here must not affect it.
        for (const one of round % 3 === 0 ? clusters.toReversed() : clusters) {
          const { code, stderr } = await flow.run(["consume", "--until-end", ...args], one);
          assert.equal(code, 0, stderr);
        }
      }
      const sent = rounds * ROUND_ROWS;
      const counted = await flow.countLogs();
      const all = { logs: 2, rows: sent, numbers: sent, places: sent };
      assert.deepEqual(counted, all, "by DuckDB");
      const missing = { missing: 0, duplicate: 0 };
      for (const cluster of clusters) {
        const { code, stdout, stderr } = await flow.run(["verify", "--deep", "--json"], cluster);
        assert.equal(code, 0, stderr);
        const verified = JSON.parse(stdout);
        assert.deepEqual([verified.expected, verified.found], [sent, sent], stdout);
        missing.missing += verified.missing;
        missing.duplicate += verified.duplicate;
      }
      return {
        kills: rounds,
        events: `${rounds} times from one cluster to the other`,
        rows: sent,
        verified: missing,
        counted: { missing: sent - counted.numbers, duplicate: counted.rows - counted.numbers },
        byTrino: byTrino(await flow.countByTrino(), sent, "numbers"),
        peakRss: flow.peakRss,
      };
    } finally {
      await other.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
};
