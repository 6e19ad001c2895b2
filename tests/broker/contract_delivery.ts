import assert from "node:assert/strict";
import type { Broker } from "../../mod/broker/broker.ts";
import { type BrokerContractOptions, type ContractTest, messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

/** Keys of the two partitions of a topic. */
const IN_0 = "a";
const IN_1 = "d";

/**
 * Waits until what was sent before must have been delivered, were it to be: messages of the other
 * partition that were sent after it are there, twice, so that a fetch between them has been answered.
 */
async function hasPassed(broker: Broker, topic: string, recorder: Recorder): Promise<void> {
  for (const times of [1, 2]) {
    await send(broker, topic, messages(IN_1, 1));
    await until("the other partition goes on", () => recorder.valuesOf(1).length === times);
  }
}

/** What the port promises of the messages that a consumer gets. */
export function deliveryContract(test: ContractTest, options: BrokerContractOptions): void {
  test("from earliest a new group gets everything, in order", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 100));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(100);
    await send(broker, topic, messages("a", 50, 100));
    await recorder.hasReceived(150);
    await recorder.stop();
    assert.deepEqual(recorder.valuesOf(0), messages("a", 150).map(({ value }) => value));
    assert.deepEqual(recorder.received.map(({ offset }) => offset), [...Array(150).keys()]);
    const [assigned] = recorder.assignments[0];
    assert.equal(assigned.start, 0);
    assert.deepEqual(assigned.committed, { partition: 0, offset: null, metadata: "" });
    assert.deepEqual(assigned.offsets, { partition: 0, low: 0, high: 100 });
  });

  test("from latest a new group gets what comes after it joined", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("old", 10));
    const recorder = new Recorder({ broker, topic, group, from: "latest" });
    await recorder.owns(0);
    assert.equal(recorder.partition(0).start, 10);
    await send(broker, topic, messages("new", 5));
    await recorder.hasReceived(5);
    await recorder.stop();
    assert.deepEqual(recorder.valuesOf(0), messages("new", 5).map(({ value }) => value));
    assert.deepEqual(recorder.received.map(({ offset }) => offset), [10, 11, 12, 13, 14]);
  });

  test("a batch says where to continue and how far the log reaches", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 1000));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(1000);
    await recorder.stop();
    let position = 0;
    for (const { count, nextOffset, highWatermark } of recorder.batches) {
      position += count;
      assert.equal(nextOffset, position);
      assert.equal(highWatermark, 1000);
    }
  });

  test("timestamps are milliseconds of the time of sending", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    const before = Date.now();
    await send(broker, topic, messages("a", 3));
    const after = Date.now();
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(3);
    await recorder.stop();
    for (const { timestamp } of recorder.received) {
      assert.ok(Number.isInteger(timestamp) && before <= timestamp && timestamp <= after);
    }
  });

  test("messages can be read in any order while the batch is in hand", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    for (let i = 0; i < 5; i++) await send(broker, topic, messages("a", 3, i * 3));
    const backwards: string[] = [];
    const decoder = new TextDecoder();
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: {
        batch: async (batch) => {
          const values: string[] = [];
          for (let i = batch.count - 1; i >= 0; i--) values.push(decoder.decode(batch.value(i)!));
          backwards.push(...values.reverse());
        },
      },
    });
    await recorder.hasReceived(15);
    await recorder.stop();
    assert.deepEqual(backwards, messages("a", 15).map(({ value }) => value));
  });

  test("batches of one partition do not overlap, and a slow one delays only its own", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, ["foo", "foobar", "21", "abc"].flatMap((key) => messages(key, 5)));
    const offsets = (await broker.topicOffsets(topic))!;
    assert.ok(offsets.every(({ high }) => high > 0), "the keys reach both partitions");
    const inHand = new Set<number>();
    let held: (() => void) | undefined;
    let overlapped = false;
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: {
        batch: async ({ partition }) => {
          overlapped ||= inHand.has(partition);
          inHand.add(partition);
          if (partition === 0 && held === undefined) {
            await new Promise<void>((resolve) => held = resolve);
          }
          inHand.delete(partition);
        },
      },
    });
    await until("partition 1 is read", () => recorder.valuesOf(1).length === offsets[1].high);
    await until("partition 0 is held", () => held !== undefined);
    assert.equal(recorder.valuesOf(0).length, 0);
    await send(broker, topic, ["foo", "foobar", "21", "abc"].flatMap((key) => messages(key, 5)));
    await until("partition 1 goes on", () => recorder.valuesOf(1).length === 2 * offsets[1].high);
    assert.equal(recorder.valuesOf(0).length, 0);
    held!();
    await recorder.hasReceived(40);
    await recorder.stop();
    assert.equal(overlapped, false);
  });

  test("fetches are bounded in bytes, but a message that is larger comes", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    const value = "x".repeat(100_000);
    for (let i = 0; i < 10; i++) await send(broker, topic, [{ key: "a", value }]);
    const small = new Recorder({ broker, topic, group, maxFetchBytes: 50_000 });
    await small.hasReceived(10);
    await small.stop();
    assert.deepEqual(small.batches.map(({ count }) => count), Array(10).fill(1));
  });

  test("a paused partition stays, and delivers nothing any more", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, messages(IN_0, 10));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(10);
    const assigned = recorder.partition(0);
    assigned.pause();
    assigned.pause();
    await send(broker, topic, messages(IN_0, 10, 10));
    await hasPassed(broker, topic, recorder);
    assert.equal(recorder.valuesOf(0).length, 10);
    await assigned.commit(10, "paused");
    assert.equal(assigned.lost.aborted, false);
    await recorder.stop();
    assert.deepEqual(recorder.valuesOf(0), messages(IN_0, 10).map(({ value }) => value));
  });

  test("a partition paused by its assignment does not begin", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, messages(IN_0, 10));
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: {
        assigned: async (partitions) =>
          partitions.find(({ partition }) => partition === 0)!.pause(),
      },
    });
    await recorder.owns(0, 1);
    await hasPassed(broker, topic, recorder);
    assert.deepEqual(recorder.valuesOf(0), []);
    await recorder.stop();
  });

  const { sendWithHeaders, trim } = options;
  if (sendWithHeaders !== undefined) {
    test("headers of others' messages are kept, in order", async ({ broker, topic, group }) => {
      await broker.ensureTopic(topic, { partitions: 1 });
      const headers: Array<[string, string]> = [["trace", "1"], ["é", ""], ["trace", "2"]];
      await sendWithHeaders(broker, topic, "value", headers);
      const recorder = new Recorder({ broker, topic, group });
      await recorder.hasReceived(1);
      await recorder.stop();
      assert.deepEqual(recorder.received[0].headers, headers);
    });
  }
  test("messages without headers have none", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 1));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(1);
    await recorder.stop();
    assert.deepEqual(recorder.received[0].headers, []);
  });

  if (trim === undefined) return;
  test("a group whose offset was removed begins at the oldest message", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    const first = new Recorder({ broker, topic, group });
    await first.hasReceived(10);
    await first.partition(0).commit(3, "kept");
    await first.stop();
    await trim(broker, topic, 0, 6);
    assert.deepEqual(await broker.topicOffsets(topic), [{ partition: 0, low: 6, high: 10 }]);
    const second = new Recorder({ broker, topic, group });
    await second.hasReceived(4);
    await second.stop();
    const assigned = second.assignments[0][0];
    assert.deepEqual(assigned.committed, { partition: 0, offset: 3, metadata: "kept" });
    assert.deepEqual([assigned.start, assigned.offsets.low], [6, 6]);
    assert.deepEqual(second.received.map(({ offset }) => offset), [6, 7, 8, 9]);
    assert.deepEqual(second.gaps, [], "the assignment has told it");
  });

  test("messages removed before they were read are a gap", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: {
        // Deliveries begin when this returns.
        async assigned([{ start }]) {
          assert.equal(start, 0);
          await trim(broker, topic, 0, 4);
        },
      },
    });
    await recorder.hasReceived(6);
    await recorder.stop();
    assert.deepEqual(recorder.gaps, [[0, 0, 4]]);
    assert.deepEqual(recorder.received.map(({ offset }) => offset), [4, 5, 6, 7, 8, 9]);
  });
}
