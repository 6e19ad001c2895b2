import assert from "node:assert/strict";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { kafka, python, serviceTest, uniqueName } from "../services/services.ts";
import { messages } from "./contract.ts";
import { kafkaAdmin } from "./kafka_admin.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";

serviceTest("a message that is too large fails, those before and after it are sent", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const topic = uniqueName("large");
  await broker.ensureTopic(topic, { partitions: 1 });
  const producer = await broker.producer({ topic });
  // Random, so that its size is its size whatever the broker does.
  const large = new Uint8Array(2_000_000);
  for (let at = 0; at < large.length; at += 65_536) {
    crypto.getRandomValues(large.subarray(at, Math.min(at + 65_536, large.length)));
  }
  const results = await Promise.allSettled([
    producer.send(messages("a", 10)),
    producer.send([{ key: "a", value: large }]),
    producer.send(messages("a", 10, 10)),
  ]);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const { reason } = results[1] as PromiseRejectedResult;
  assert.equal(reason.kind, "service");
  assert.match(
    reason.message,
    new RegExp(`${topic} does not accept a message of 20000\\d\\d bytes`),
  );
  assert.match(reason.fix, /max\.message\.bytes of the topic to 20000\d\d or more/);
  assert.equal(await producer.send(messages("a", 10, 20)), 10);
  await producer.close();
  const recorder = new Recorder({ broker, topic, group: topic });
  await recorder.hasReceived(30);
  await recorder.stop();
  assert.deepEqual(recorder.valuesOf(0), messages("a", 30).map(({ value }) => value));
  await broker.close();
});

serviceTest("many calls at once wait for room and keep their order", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const topic = uniqueName("room");
  await broker.ensureTopic(topic, { partitions: 2 });
  const producer = await broker.producer({ topic });
  // 40 MB, of which the producer holds less than half at a time.
  const padding = "x".repeat(1000);
  const sends = Array.from({ length: 400 }, (_, call) =>
    producer.send(
      Array.from(
        { length: 100 },
        (_, i) => ({ key: `${i % 3}`, value: `${call} ${i} ${padding}` }),
      ),
    ));
  await producer.close();
  const sent = await Promise.all(sends);
  assert.equal(sent.reduce((sum, count) => sum + count), 40_000);
  const seen = new Map<string, [call: number, i: number]>();
  let count = 0;
  const recorder = new Recorder({
    broker,
    topic,
    group: topic,
    before: {
      batch: async (batch) => {
        for (let i = 0; i < batch.count; i++) {
          const key = new TextDecoder().decode(batch.key(i)!);
          const [call, n] = new TextDecoder().decode(batch.value(i)!).split(" ").map(Number);
          const [lastCall, lastN] = seen.get(key) ?? [-1, -1];
          assert.ok(call > lastCall || call === lastCall && n > lastN);
          seen.set(key, [call, n]);
          count++;
        }
      },
    },
  });
  await recorder.hasReceived(40_000);
  await recorder.stop();
  assert.equal(count, 40_000);
  await broker.close();
});

serviceTest("batches that the topic does not take are sent in smaller ones, in order and once", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const topic = uniqueName("small");
  await kafkaAdmin(kafka()!, (admin) =>
    admin.createTopics({
      topics: [{
        topic,
        numPartitions: 2,
        configEntries: [{ name: "max.message.bytes", value: "5000" }],
      }],
    }));
  const producer = await broker.producer({ topic });
  const rows = (key: string) =>
    Array.from({ length: 3000 }, (_, i) => ({ key, value: `${key} ${i} ${"x".repeat(i % 300)}` }));
  const sends = ["a", "b", "c", "d"].map((key) => producer.send(rows(key)));
  const large = await Promise.allSettled([producer.send([{ key: "a", value: "y".repeat(6000) }])]);
  assert.deepEqual(await Promise.all(sends), [3000, 3000, 3000, 3000]);
  assert.equal(large[0].status, "rejected");
  await producer.close();
  const recorder = new Recorder({ broker, topic, group: topic });
  await recorder.hasReceived(12_000);
  await recorder.stop();
  for (const key of ["a", "b", "c", "d"]) {
    const own = recorder.received.filter((message) => message.key === key);
    assert.deepEqual(own.map(({ value }) => value), rows(key).map(({ value }) => value));
  }
  await broker.close();
});

for (const compression of ["gzip", "snappy", "zstd"] as const) {
  serviceTest(`batches compressed with ${compression} are read by us and by others`, {
    needs: ["kafka", "python"],
  }, async () => {
    const broker = await openKafkaBroker(kafkaSettings(kafka()!));
    const topic = uniqueName(compression);
    await broker.ensureTopic(topic, { partitions: 1 });
    const producer = await broker.producer({ topic, compression, batchBytes: 100_000 });
    const rows = Array.from({ length: 5000 }, (_, i) => ({ key: null, value: `{"Close":${i}.5}` }));
    await producer.send(rows);
    await producer.close();
    const recorder = new Recorder({ broker, topic, group: topic });
    await recorder.hasReceived(5000);
    await recorder.stop();
    await broker.close();
    const values = rows.map(({ value }) => value);
    assert.deepEqual(recorder.valuesOf(0), values);
    const others = JSON.parse(await python(PYTHON_READER, [kafka()!, topic, "5000"]));
    assert.deepEqual(others, values);
  });
}

/** Reads values with a client that is not ours. */
const PYTHON_READER = `
import json, sys
from kafka import KafkaConsumer
servers, topic, count = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest",
                         consumer_timeout_ms=20000)
values = []
for message in consumer:
    values.append(message.value.decode())
    if len(values) == int(count):
        break
print(json.dumps(values))
`;
