import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { isSameLog } from "../../mod/broker/broker.ts";
import { type BrokerContractOptions, type ContractTest, messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";

/** What the port promises of which log a topic is, and of where an assignment begins. */
export function identityContract(test: ContractTest, { trim }: BrokerContractOptions): void {
  test("a topic is one log, whoever asks and whenever", async ({ broker, another, topic }) => {
    assert.equal(await broker.log(topic), null);
    await broker.ensureTopic(topic, { partitions: 1 });
    const log = (await broker.log(topic))!;
    assert.ok(log.cluster.length > 8 && log.topicId!.length > 8, JSON.stringify(log));
    await send(broker, topic, messages("a", 1));
    assert.deepEqual(await broker.log(topic), log);
    assert.deepEqual(await (await another()).log(topic), log);
  });

  test("two topics are two logs of one cluster", async ({ broker, topic }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await broker.ensureTopic(`${topic}-2`, { partitions: 1 });
    const [one, two] = [(await broker.log(topic))!, (await broker.log(`${topic}-2`))!];
    assert.equal(one.cluster, two.cluster);
    assert.notEqual(one.topicId, two.topicId);
    assert.ok(isSameLog(one, { ...one }) && !isSameLog(one, two));
  });

  test("an assignment says which log it is of", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 2 });
    const recorder = new Recorder({ broker, topic, group });
    await recorder.owns(0, 1);
    const log = await broker.log(topic);
    for (const partition of recorder.assigned) assert.deepEqual(partition.log, log);
    await recorder.stop();
  });

  test("deliveries begin where the handler moves them", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: {
        assigned: async ([partition]) => {
          partition.seek(3);
          partition.seek(7);
          assert.equal(partition.start, 7);
        },
      },
    });
    await recorder.hasReceived(3);
    assert.deepEqual(recorder.received.map(({ offset }) => offset), [7, 8, 9]);
    assert.equal(recorder.partition(0).start, 7);
    assert.throws(() => recorder.partition(0).seek(0), /deliveries/);
    await recorder.stop();
  });

  test("deliveries moved back come again", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    const first = new Recorder({ broker, topic, group });
    await first.hasReceived(10);
    await first.partition(0).commit(10, "");
    await first.stop();
    const second = new Recorder({
      broker,
      topic,
      group,
      before: { assigned: async ([partition]) => partition.seek(8) },
    });
    await second.hasReceived(2);
    assert.equal(second.partition(0).committed.offset, 10);
    await second.stop();
  });

  test("deliveries moved beyond the end are a failure that says so", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: { assigned: async ([partition]) => partition.seek(40) },
    });
    await assert.rejects(recorder.done, (error) => {
      assert.ok(error instanceof Failure && error.kind === "failed", String(error));
      assert.match(error.message, /ends at offset 10\b.*\b40\b/);
      return true;
    });
  });

  test("a committed offset beyond the end is told, and the handler may move it", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    const first = new Recorder({ broker, topic, group });
    await first.hasReceived(10);
    await first.partition(0).commit(50, "of another log");
    await first.stop();
    const second = new Recorder({
      broker,
      topic,
      group,
      before: { assigned: async ([partition]) => partition.seek(0) },
    });
    await second.hasReceived(10);
    const { committed, offsets } = second.partition(0);
    assert.deepEqual([committed.offset, offsets.high], [50, 10]);
    await second.stop();
  });

  test("a committed offset beyond the end that nobody moves is a failure, also where it is the end that was waited for", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    const first = new Recorder({ broker, topic, group });
    await first.hasReceived(10);
    await first.partition(0).commit(50, "");
    await first.stop();
    const ended = new AbortController();
    const consuming = broker.consume({
      topic,
      group,
      from: "earliest",
      signal: ended.signal,
      handler: {
        // As one that ends when the group has what was there.
        assigned: async () => void setTimeout(() => ended.abort()),
        batch: async () => {},
        gap: async () => {},
      },
    });
    await assert.rejects(consuming, /ends at offset 10\b/);
  });

  if (trim === undefined) return;
  test("deliveries moved to what retention removed begin with a gap", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 10));
    await trim(broker, topic, 0, 6);
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: { assigned: async ([partition]) => partition.seek(2) },
    });
    await recorder.hasReceived(4);
    await recorder.stop();
    assert.deepEqual(recorder.gaps, [[0, 2, 6]]);
  });
}
