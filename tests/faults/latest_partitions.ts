import assert from "node:assert/strict";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { byTrino } from "./by_trino.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";

/** Rows from before the group began, which it must not read. */
const OLD_ROWS = 2000;

/** Rows of one round. */
const ROUND_ROWS = 5000;

/** A group that began at the end gets partitions it did not know; it must read them from their first row. */
export const latestPartitions: Fault = {
  name: "latest-partitions",
  claim:
    "partitions are added to a group that began at --from latest, while it runs and while it is stopped",
  rounds: { short: 2, long: 20 },
  async run({ stage, rounds, chance }) {
    let partitions = 2;
    await using flow = await KafkaFlow.open(stage, { partitions });
    const args = ["--from", "latest", "--flush-rows", "500", "--flush-interval", "300ms"];
    await flow.fill({ count: OLD_ROWS });
    let consumer = flow.consume(args);
    await consumer.waitFor(/reading partitions/);
    let sent = 0;
    const send = async () => {
      await flow.fill({ count: ROUND_ROWS, first: OLD_ROWS + sent });
      sent += ROUND_ROWS;
    };
    await send();
    for (let round = 0; round < rounds; round++) {
      const isStopped = round % 2 === 1;
      if (isStopped) await flow.finish(consumer);
      partitions += chance.whole(1, 2);
      const topicPartitions = [{ topic: flow.topic, count: partitions }];
      await kafkaAdmin(stage.kafka, (admin) => admin.createPartitions({ topicPartitions }));
      // Before any consumer knows of them.
      await send();
      if (isStopped) consumer = flow.consume(args);
      const all = [...Array(partitions).keys()].join(",");
      await consumer.waitFor(new RegExp(` partitions ${all}\n`), 90_000);
    }
    await flow.finish(consumer);
    await flow.consumeToEnd(args);

    const acknowledged = `${flow.folder}/acknowledged`;
    const numbers = Array.from({ length: sent }, (_, i) => OLD_ROWS + i);
    await Deno.writeTextFile(acknowledged, numbers.join("\n"));
    const counted = await flow.count({ acknowledged });
    const { missing, duplicate, unexpected, misplaced, lost, lostRows, rows } = counted;
    assert.deepEqual(
      { missing, duplicate, unexpected, misplaced, lost, lostRows, rows, numbers: counted.numbers },
      {
        ...{ missing: OLD_ROWS, duplicate: 0, unexpected: 0, misplaced: 0, lost: 0, lostRows: 0 },
        ...{ rows: sent, numbers: sent },
      },
      "by DuckDB",
    );
    const verified = await flow.verify();
    assert.deepEqual(
      verified,
      { ...verified, ok: true, expected: sent, found: sent },
      `by verify --deep: ${JSON.stringify(verified)}`,
    );
    return {
      kills: 0,
      events: `from 2 partitions to ${partitions}`,
      rows: sent,
      verified: { missing: verified.missing, duplicate: verified.duplicate },
      counted: { missing: missing - OLD_ROWS, duplicate },
      byTrino: byTrino(counted.trino, sent),
      peakRss: flow.peakRss,
    };
  },
};
