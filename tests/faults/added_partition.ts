import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";

/** Rows of one round. */
const ROUND_ROWS = 10_000;

/** Partitions are added while consumers run, and rows are sent to them. */
export const addedPartition: Fault = {
  name: "added-partition",
  claim: "a partition is added while consumers run",
  rounds: { short: 1, long: 6 },
  async run({ stage, rounds, chance }) {
    let partitions = 2;
    await using flow = await KafkaFlow.open(stage, { partitions });
    const consumer = flow.consume(["--flush-rows", "500", "--flush-interval", "300ms"]);
    await flow.fill({ count: ROUND_ROWS });
    for (let round = 1; round <= rounds; round++) {
      partitions += chance.whole(1, 2);
      const topicPartitions = [{ topic: flow.topic, count: partitions }];
      await kafkaAdmin(stage.kafka, (admin) => admin.createPartitions({ topicPartitions }));
      // Before the consumer knows of them: it must begin there at the first row.
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const all = [...Array(partitions).keys()].join(",");
      await consumer.waitFor(new RegExp(` partitions ${all}\n`), 90_000);
    }
    await flow.finish(consumer);
    return await conclude(flow, {
      events: `from 2 partitions to ${partitions}`,
      sent: (1 + rounds) * ROUND_ROWS,
    });
  },
};
