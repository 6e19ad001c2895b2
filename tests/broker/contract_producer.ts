import assert from "node:assert/strict";
import { type ContractTest, messages } from "./contract.ts";
import { Recorder } from "./recorder.ts";

/**
 * Keys and their partition of 5 by Kafka's default partitioner, toPositive(murmur2(key)) % 5. The
 * first six are the cases of Kafka's own UtilsTest.testMurmur2.
 */
const PARTITIONS_OF_5: ReadonlyArray<readonly [key: string, partition: number]> = [
  ["21", 0],
  ["foobar", 1],
  ["a-little-bit-long-string", 2],
  ["a-little-bit-longer-string", 4],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 2],
  ["abc", 2],
  ["NYA", 1],
  ["N225", 3],
  ["IXIC", 4],
  ["é", 1],
];

/** What the port promises of sending. */
export function producerContract(test: ContractTest): void {
  test("sent messages get the offsets that follow", async ({ broker, topic }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    const producer = await broker.producer({ topic });
    assert.equal(await producer.send(messages("a", 3)), 3);
    assert.equal(await producer.send(messages("a", 2)), 2);
    assert.equal(await producer.send([]), 0);
    assert.deepEqual(await broker.topicOffsets(topic), [{ partition: 0, low: 0, high: 5 }]);
    await producer.close();
  });

  test("a key's partition is the one that Kafka's partitioner chooses", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 5 });
    const producer = await broker.producer({ topic });
    const encoder = new TextEncoder();
    await producer.send(PARTITIONS_OF_5.flatMap(([key]) => [
      { key, value: "text" },
      { key: encoder.encode(key), value: "bytes" },
    ]));
    await producer.close();
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(2 * PARTITIONS_OF_5.length);
    await recorder.stop();
    for (const [key, partition] of PARTITIONS_OF_5) {
      const found = recorder.received.filter((message) => message.key === key);
      assert.deepEqual(found.map((message) => message.partition), [partition, partition], key);
      assert.deepEqual(found.map(({ value }) => value).sort(), ["bytes", "text"]);
    }
  });

  test("messages with one key keep the order of the calls", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 4 });
    const producer = await broker.producer({ topic });
    const sends: Array<Promise<number>> = [];
    for (let i = 0; i < 50; i++) {
      sends.push(producer.send([0, 1, 2, 3, 4].map((n) => ({ key: `key ${n}`, value: `${i}` }))));
    }
    await Promise.all(sends);
    await producer.close();
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(250);
    await recorder.stop();
    const expected = Array.from({ length: 50 }, (_, i) => `${i}`);
    for (let n = 0; n < 5; n++) {
      const values = recorder.received.filter(({ key }) => key === `key ${n}`)
        .map(({ value }) => value);
      assert.deepEqual(values, expected);
    }
  });

  test("messages without a key come to all partitions", async ({ broker, topic }) => {
    await broker.ensureTopic(topic, { partitions: 3 });
    const producer = await broker.producer({ topic });
    for (let i = 0; i < 30; i++) {
      await producer.send(Array.from({ length: 10 }, (_, n) => ({ key: null, value: `${n}` })));
    }
    await producer.close();
    const offsets = (await broker.topicOffsets(topic))!;
    assert.equal(offsets.reduce((sum, { high }) => sum + high, 0), 300);
    assert.ok(offsets.every(({ high }) => high > 0), JSON.stringify(offsets));
  });

  test("several producers at once lose and double nothing", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    const brokers = [broker, await another(), await another()];
    await Promise.all(brokers.map(async (broker, n) => {
      const producer = await broker.producer({ topic });
      for (let i = 0; i < 20; i++) {
        await producer.send(
          Array.from({ length: 10 }, (_, j) => ({ key: `${j}`, value: `${n} ${i} ${j}` })),
        );
      }
      await producer.close();
    }));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(600);
    await recorder.stop();
    assert.equal(new Set(recorder.received.map(({ value }) => value)).size, 600);
    assert.equal(recorder.received.length, 600);
  });

  test("keys and values arrive byte for byte", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    const producer = await broker.producer({ topic });
    const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
    const large = crypto.getRandomValues(new Uint8Array(65_536));
    const mebibyte = new Uint8Array(1_000_000);
    for (let i = 0; i < mebibyte.length; i += large.length) {
      mebibyte.set(large.subarray(0, Math.min(large.length, mebibyte.length - i)), i);
    }
    const values = [null, "", new Uint8Array(0), "text é € 😀", binary, mebibyte, "last"];
    await producer.send(values.map((value) => ({ key: null, value })));
    await producer.send([
      { key: "", value: "empty key" },
      { key: binary, value: "binary key" },
    ]);
    await producer.close();
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(9);
    await recorder.stop();
    const encoder = new TextEncoder();
    const bytes = values.map((value) => typeof value === "string" ? encoder.encode(value) : value);
    assert.deepEqual(recorder.received.slice(0, 7).map(({ bytes }) => bytes), bytes);
    assert.deepEqual(recorder.received.slice(0, 8).map(({ key }) => key), [
      ...Array(7).fill(null),
      "",
    ]);
    assert.equal(recorder.received[8].key, new TextDecoder().decode(binary));
    assert.deepEqual(recorder.received.map(({ offset }) => offset), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
}
