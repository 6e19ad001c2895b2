import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { freePort } from "../services/free_port.ts";
import { type Kafka, type KafkaOptions, startKafka } from "../services/kafka/kafka.ts";
import { kafka, serviceTest, uniqueName } from "../services/services.ts";
import { messages, send } from "./contract.ts";
import { FlakyProxy } from "./flaky_proxy.ts";
import { kafkaAdmin } from "./kafka_admin.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

/** A broker of a test's own, which it may kill and start again. */
interface OwnBroker {
  /** Folder of its data. */
  folder: string;
  start(options?: Partial<KafkaOptions>): Promise<Kafka>;
}

function ownBrokerTest(name: string, run: (own: OwnBroker) => Promise<void>): void {
  serviceTest(name, { needs: ["kafka"] }, async () => {
    const folder = Deno.makeTempDirSync({ prefix: "ticklake-kafka-" });
    const port = freePort();
    const listeners = [{ name: "PLAINTEXT", protocol: "PLAINTEXT" as const, port }];
    const started: Kafka[] = [];
    const start = async (options?: Partial<KafkaOptions>) => {
      const service = await startKafka({ folder, listeners, ...options });
      started.push(service);
      return service;
    };
    try {
      await run({ folder, start });
    } finally {
      for (const service of started) await service.stop();
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

ownBrokerTest(
  "a broker that is killed and comes back costs nothing that was sent",
  async ({ start }) => {
    const service = await start();
    const broker = await openKafkaBroker(kafkaSettings(service.bootstrap));
    const [topic, group] = ["quotes", "lake"];
    await broker.ensureTopic(topic, { partitions: 3 });
    const recorder = new Recorder({ broker, topic, group });
    const producer = await broker.producer({ topic });
    const sends: Array<Promise<number>> = [];
    const sendSome = () => {
      const n = sends.length;
      sends.push(producer.send([0, 1, 2, 3].map((k) => ({ key: `${k}`, value: `${k} ${n}` }))));
    };
    const sending = setInterval(sendSome, 5);
    await recorder.hasReceived(200);
    await service.kill();
    await sleep(3000);
    const before = recorder.received.length;
    await start();
    await until("messages come again", () => recorder.received.length > before + 100);
    clearInterval(sending);
    await Promise.all(sends);
    const expected = sends.length * 4;
    const distinct = () => new Set(recorder.received.map(({ value }) => value)).size;
    await until("all is read", () => distinct() === expected);
    // The broker may have forgotten its members; then this one joins again.
    await until(
      "a commit works",
      () =>
        recorder.partition(0).commit(1, "after the restart").then(() => true, (error) => {
          assert.equal(error.name, "FencedError");
          return false;
        }),
    );
    const offsets = (await broker.topicOffsets(topic))!;
    assert.equal(offsets.reduce((sum, { high }) => sum + high, 0), expected, "each stored once");
    await recorder.stop();
    await producer.close();
    await broker.close();
  },
);

ownBrokerTest("answers that are lost make no message lost, doubled or late", async ({ start }) => {
  const port = freePort();
  using proxy = new FlakyProxy(() => port);
  const advertised = `127.0.0.1:${proxy.port}`;
  await start({ listeners: [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port, advertised }] });
  const broker = await openKafkaBroker(kafkaSettings(advertised));
  const topic = "quotes";
  await broker.ensureTopic(topic, { partitions: 2 });
  const producer = await broker.producer({ topic });
  let answers = 0;
  proxy.losesAnswer = () => ++answers % 4 === 0;
  const keys = ["21", "foobar", "abc"];
  for (let round = 0; round < 30; round++) {
    // Several calls at once: a failed attempt has others waiting behind it.
    const counts = await Promise.all(
      [0, 1, 2, 3].map((part) =>
        producer.send(
          [0, 1, 2].flatMap((n) =>
            keys.map((key) => ({ key, value: `${round * 12 + part * 3 + n}` }))
          ),
        )
      ),
    );
    assert.deepEqual(counts, [9, 9, 9, 9]);
  }
  assert.ok(proxy.lost > 10, `${proxy.lost} answers were lost`);
  proxy.losesAnswer = () => false;
  await producer.close();
  const recorder = new Recorder({ broker, topic, group: "lake" });
  await recorder.hasReceived(30 * 36);
  await recorder.stop();
  const offsets = (await broker.topicOffsets(topic))!;
  assert.equal(offsets.reduce((sum, { high }) => sum + high, 0), 30 * 36);
  const expected = Array.from({ length: 360 }, (_, i) => `${i}`);
  for (const key of keys) {
    const values = recorder.received.filter((message) => message.key === key);
    assert.deepEqual(values.map(({ value }) => value), expected);
  }
  await broker.close();
});

ownBrokerTest(
  "a commit is tried again until it works, and each failure is told",
  async ({ start }) => {
    const port = freePort();
    using proxy = new FlakyProxy(() => port);
    const advertised = `127.0.0.1:${proxy.port}`;
    await start({ listeners: [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port, advertised }] });
    const broker = await openKafkaBroker(kafkaSettings(advertised));
    const [topic, group] = ["quotes", "lake"];
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 5));
    const failures: unknown[] = [];
    const retried = (_: "commit", error: unknown) => {
      failures.push(error);
      if (failures.length === 3) proxy.losesAnswer = () => false;
    };
    const recorder = new Recorder({ broker, topic, group, before: { retried } });
    await recorder.hasReceived(5);
    await recorder.partition(0).commit(4, "in peace");
    assert.deepEqual([...failures], []);
    proxy.losesAnswer = () => true;
    await recorder.partition(0).commit(5, "in spite of it");
    assert.ok(failures.length >= 3 && failures.every((error) => error instanceof Error));
    const committed = await broker.groupOffsets(group, topic);
    assert.deepEqual(committed.map(({ offset, metadata }) => [offset, metadata]), [
      [5, "in spite of it"],
    ]);
    await recorder.stop();
    await broker.close();
  },
);

ownBrokerTest("a large answer that breaks off is asked for again at once", async ({ start }) => {
  const port = freePort();
  using proxy = new FlakyProxy(() => port);
  const advertised = `127.0.0.1:${proxy.port}`;
  await start({ listeners: [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port, advertised }] });
  const broker = await openKafkaBroker(kafkaSettings(advertised));
  const topic = "quotes";
  await broker.ensureTopic(topic, { partitions: 1 });
  const values = Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(100_000)}`);
  for (const value of values) await send(broker, topic, [{ key: null, value }]);
  // The first pieces of an answer have arrived when the next one is lost.
  let large = 0;
  proxy.losesAnswer = (bytes) => bytes > 10_000 && proxy.lost < 3 && ++large % 15 === 0;
  const recorder = new Recorder({ broker, topic, group: "lake" });
  await recorder.hasReceived(values.length);
  assert.equal(proxy.lost, 3);
  assert.deepEqual(recorder.received.map(({ value }) => value), values);
  await recorder.stop();
  await broker.close();
});

ownBrokerTest(
  "a damaged record batch is handed over, and the partition goes on; else it ends the consumer",
  async ({ start, folder }) => {
    const service = await start();
    const settings = kafkaSettings(service.bootstrap);
    const broker = await openKafkaBroker(settings);
    await broker.ensureTopic("quotes", { partitions: 1 });
    await send(broker, "quotes", messages("a", 3));
    await send(broker, "quotes", [{ key: "a", value: "this one will be damaged" }]);
    await send(broker, "quotes", messages("b", 4));
    await broker.close();
    await service.stop();
    const path = `${folder}/data/quotes-0/00000000000000000000.log`;
    const log = Deno.readFileSync(path);
    const at = new TextDecoder("latin1").decode(log).indexOf("this one");
    log[at] ^= 1;
    Deno.writeFileSync(path, log);
    await start();
    const again = await openKafkaBroker(settings);
    const recorder = new Recorder({ broker: again, topic: "quotes", group: "lake" });
    await assert.rejects(recorder.done, (error: Error & { kind?: string; fix?: string }) => {
      assert.equal(error.kind, "failed");
      assert.match(error.message, /partition 0, offsets 3 to 3, cannot be read: its checksum/);
      assert.doesNotMatch(error.fix!, /reset/, "that would skip what can be read");
      return true;
    });
    assert.deepEqual(recorder.received.map(({ offset }) => offset), [0, 1, 2]);
    const unreadable: Array<[first: number, end: number, bytes: string]> = [];
    const other = new Recorder({
      broker: again,
      topic: "quotes",
      group: "other",
      before: {
        unreadable: async (_, { first, end, bytes }) => {
          unreadable.push([first, end, new TextDecoder("latin1").decode(bytes)]);
        },
      },
    });
    await other.hasReceived(7);
    await other.stop();
    assert.deepEqual(other.received.map(({ offset }) => offset), [0, 1, 2, 4, 5, 6, 7]);
    assert.deepEqual(unreadable.map(([first, end]) => [first, end]), [[3, 4]]);
    assert.match(unreadable[0][2], /his one will be damaged/);
    const read: number[] = [];
    const passedOver: number[] = [];
    const reading = again.read("quotes", 0, 0, 8, {
      unreadable: ({ first }) => passedOver.push(first),
    });
    for await (const batch of reading) {
      for (let i = 0; i < batch.count; i++) read.push(batch.offset(i));
    }
    assert.deepEqual([read, passedOver], [[0, 1, 2, 4, 5, 6, 7], [3]]);
    await again.close();
  },
);

serviceTest("a topic that was recreated is not mistaken for the old one", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const [topic, group] = [uniqueName("again"), uniqueName("group")];
  await broker.ensureTopic(topic, { partitions: 1 });
  await send(broker, topic, messages("a", 10));
  const first = new Recorder({ broker, topic, group });
  await first.hasReceived(10);
  await first.partition(0).commit(10, "");
  await kafkaAdmin(kafka()!, async (admin) => {
    await first.stop();
    const before = await broker.groupOffsets(group, topic);
    await admin.deleteTopics({ topics: [topic] });
    await until("the topic is gone", async () => await broker.topicOffsets(topic) === null);
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 2));
    // Kafka forgets a deleted topic's offsets, in its own time; this is the case that it has not.
    const offset = String(before[0].offset);
    await until("the offset is set", async () => {
      await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset }] });
      return (await broker.groupOffsets(group, topic))[0]?.offset === 10;
    });
  });
  const second = new Recorder({ broker, topic, group });
  await assert.rejects(second.done, {
    name: "Failure",
    kind: "failed",
    message: /partition 0 ends at offset 2, but group .* has read up to 10/,
  });
  assert.deepEqual(second.received, []);
  await broker.close();
});
