import assert from "node:assert/strict";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { kafka, python, serviceTest, uniqueName } from "../services/services.ts";
import { messages, send } from "./contract.ts";
import { consoleProducer } from "./kafka_console.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";

/** What the original notebooks do: JSON values, here with keys and, where named, a codec. */
const PYTHON_PRODUCER = `
import json, sys
from kafka import KafkaProducer
servers, topic, count, codec = sys.argv[1:]
producer = KafkaProducer(
    bootstrap_servers=[servers],
    compression_type=codec or None,
    key_serializer=str.encode,
    value_serializer=lambda row: json.dumps(row).encode("utf-8"),
)
for i in range(int(count)):
    producer.send(topic, key=f"key {i % 7}", value={"Index": f"key {i % 7}", "Close": i / 4, "é": None})
producer.flush()
`;

const PYTHON_CONSUMER = `
import json, sys
from kafka import KafkaConsumer
servers, topic, count = sys.argv[1:]
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=[servers],
    auto_offset_reset="earliest",
    consumer_timeout_ms=20000,
    value_deserializer=lambda bytes: json.loads(bytes.decode("utf-8")),
)
rows = []
for message in consumer:
    rows.append([message.partition, message.key and message.key.decode(), message.value])
    if len(rows) == int(count):
        break
print(json.dumps(rows))
`;

for (const codec of ["", "gzip"]) {
  serviceTest(
    `what kafka-python writes with ${codec || "no"} compression is read as it was`,
    { needs: ["kafka", "python"] },
    async () => {
      const broker = await openKafkaBroker(kafkaSettings(kafka()!));
      const topic = uniqueName("python");
      await broker.ensureTopic(topic, { partitions: 3 });
      await python(PYTHON_PRODUCER, [kafka()!, topic, "700", codec]);
      const recorder = new Recorder({ broker, topic, group: topic });
      await recorder.hasReceived(700);
      await recorder.stop();
      await broker.close();
      const rows = recorder.received.map(({ key, value }) => [key, JSON.parse(value!)]);
      rows.sort(([, a], [, b]) => a.Close - b.Close);
      const expected = Array.from({ length: 700 }, (_, i) => {
        const key = `key ${i % 7}`;
        return [key, { Index: key, Close: i / 4, "é": null }];
      });
      assert.deepEqual(rows, expected);
    },
  );
}

serviceTest(
  "what we write kafka-python reads, on the partitions that it would choose itself",
  { needs: ["kafka", "python"] },
  async () => {
    const broker = await openKafkaBroker(kafkaSettings(kafka()!));
    const [ours, theirs] = [uniqueName("ours"), uniqueName("theirs")];
    for (const topic of [ours, theirs]) await broker.ensureTopic(topic, { partitions: 5 });
    const sent = Array.from({ length: 140 }, (_, i) => ({
      key: `key ${i % 7}`,
      value: JSON.stringify({ Index: `key ${i % 7}`, Close: i / 4, "é": null }),
    }));
    await send(broker, ours, sent);
    await python(PYTHON_PRODUCER, [kafka()!, theirs, "140", ""]);
    await broker.close();
    const read = async (topic: string) =>
      JSON.parse(await python(PYTHON_CONSUMER, [kafka()!, topic, "140"])).map(JSON.stringify)
        .sort();
    assert.deepEqual(await read(ours), await read(theirs));
  },
);

for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
  serviceTest(
    `what Kafka's own producer writes with ${codec} is read as it was`,
    { needs: ["kafka"] },
    async () => {
      const broker = await openKafkaBroker(kafkaSettings(kafka()!));
      const topic = uniqueName(codec);
      await broker.ensureTopic(topic, { partitions: 2 });
      // Enough for several blocks of 64 KiB in a batch, some of it hard to compress.
      const lines = Array.from({ length: 5000 }, (_, i) => {
        const noise = Array.from(
          { length: 5 },
          (_, n) => Math.sin(i * 5 + n).toString(36).slice(3),
        );
        return [`key ${i % 11}`, JSON.stringify({ i, noise, text: "x".repeat(i % 90) })];
      });
      await consoleProducer({ server: kafka()!, topic, codec, lines });
      const recorder = new Recorder({ broker, topic, group: topic });
      await recorder.hasReceived(lines.length);
      await recorder.stop();
      await broker.close();
      const read = recorder.received.map(({ key, value }) => [key!, value!]);
      read.sort(([, a], [, b]) => JSON.parse(a).i - JSON.parse(b).i);
      assert.deepEqual(read, lines);
    },
  );
}

serviceTest(
  "a group of another program is not joined, and says so",
  { needs: ["kafka", "python"] },
  async () => {
    const broker = await openKafkaBroker(kafkaSettings(kafka()!));
    const topic = uniqueName("foreign");
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 1));
    const member = new Deno.Command(Deno.env.get("TEST_PYTHON")!, {
      args: [
        "-c",
        `
import sys
from kafka import KafkaConsumer
servers, topic = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=[servers], group_id=topic, auto_offset_reset="earliest")
for message in consumer:
    print("joined", flush=True)
`,
        kafka()!,
        topic,
      ],
      stdout: "piped",
    }).spawn();
    const output = member.stdout.getReader();
    await output.read();
    await assert.rejects(
      new Recorder({ broker, topic, group: topic }).done,
      {
        name: "Failure",
        kind: "service",
        message: new RegExp(`group ${topic} has members that are not ticklake`),
      },
    );
    member.kill();
    await member.status;
    await output.cancel();
    await broker.close();
  },
);
