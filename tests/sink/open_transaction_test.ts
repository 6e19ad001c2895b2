import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import type { Broker } from "../../mod/broker/broker.ts";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { emptySummary, runSink } from "../../mod/sink/sink.ts";
import { openHiveTable } from "../../mod/table/hive/hive_table.ts";
import { kafkaSettings } from "../broker/kafka_settings.ts";
import { kafka, serviceTest, uniqueName } from "../services/services.ts";
import { until } from "../until.ts";
import { MemoryLake } from "./memory_lake.ts";
import { quote, quotes } from "./run_sink.ts";

serviceTest(
  "a run to the end names the open transaction that it waits for, and since when it is open",
  { needs: ["kafka"] },
  async () => {
    const broker = await openKafkaBroker(kafkaSettings(kafka()!));
    const topic = uniqueName("open-transaction");
    await broker.ensureTopic(topic, { partitions: 1 });
    const { value } = quote() as { value: string };
    const messages = [{ key: "NYA", value }];
    const client = new Kafka({ brokers: [kafka()!], logLevel: logLevel.NOTHING });
    const plain = client.producer();
    const producer = client.producer({
      transactionalId: topic,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await Promise.all([plain.connect(), producer.connect()]);
    await plain.send({ topic, messages: [...messages, ...messages] });
    const openedAt = Date.now();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages });
    await plain.send({ topic, messages });

    const notices: string[] = [];
    const lake = new MemoryLake();
    const summary = emptySummary();
    const options = {
      topic,
      group: uniqueName("group"),
      schema: quotes,
      format: "parquet",
      partitionBy: "dt",
    } as const;
    const done = runSink({
      ...options,
      broker: soonStalled(broker, 3000),
      store: lake,
      table: openHiveTable(lake, options),
      from: "earliest",
      policy: { rows: 10, bytes: 2 ** 20, intervalMs: 60_000 },
      maxMemoryBytes: 64 * 2 ** 20,
      untilEnd: true,
      onEvent: (event) => event.kind === "notice" && notices.push(event.text),
      signal: new AbortController().signal,
    }, summary);
    await until("it says what it waits for", () => notices.length >= 2);
    await transaction.commit();
    await done;
    await Promise.all([plain.disconnect(), producer.disconnect()]);
    await broker.close();

    const [, producerId, since] = notices[0].match(
      /partition 0 waits at offset 2 for a transaction that producer (\d+) \(epoch \d+\) opened \d+ s ago, at (\S+): offsets 2 to 3 cannot be read until/,
    ) ?? assert.fail(notices[0]);
    assert.match(producerId, /^\d+$/);
    assert.ok(Math.abs(Date.parse(since) - openedAt) < 5000, `${since}, opened at ${openedAt}`);
    assert.equal(summary.written, 4);
  },
);

/** Tells of stalls after `stallMs`, and of open transactions after a sixth of it. */
function soonStalled(broker: Broker, stallMs: number): Broker {
  return new Proxy(broker, {
    get(target, name) {
      if (name === "consume") {
        return (options: Parameters<Broker["consume"]>[0]) =>
          target.consume({ ...options, stallMs });
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
