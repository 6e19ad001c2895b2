import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { kafka, serviceTest, uniqueName } from "../services/services.ts";
import { Child } from "./child.ts";
import { messages, send } from "./contract.ts";
import { kafkaAdmin } from "./kafka_admin.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

serviceTest(
  "a partition paused for longer than the session stays",
  { needs: ["kafka"] },
  async () => {
    const broker = await openKafkaBroker(kafkaSettings(kafka()!));
    const [topic, group] = [uniqueName("paused"), uniqueName("group")];
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 5));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(5);
    const owned = recorder.partition(0);
    owned.pause();
    await sleep(8000);
    assert.equal(owned.lost.aborted, false);
    await owned.commit(5, "still here");
    await recorder.stop();
    assert.equal(recorder.assignments.length, 1);
    await broker.close();
  },
);

serviceTest("messages of aborted transactions are passed over, with word of where to continue", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const [topic, group] = [uniqueName("transactions"), uniqueName("group")];
  await broker.ensureTopic(topic, { partitions: 1 });
  const positions: number[] = [];
  const recorder = new Recorder({ broker, topic, group });
  const skipping = new Recorder({
    broker,
    topic,
    group: `${group}-2`,
    before: {
      batch: async ({ nextOffset }) => void positions.push(nextOffset),
      skipped: (_, nextOffset) => void positions.push(nextOffset),
    },
  });
  const producer = new Kafka({ brokers: [kafka()!], logLevel: logLevel.NOTHING }).producer({
    transactionalId: topic,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  for (const [value, end] of [["one", "commit"], ["two", "abort"], ["three", "commit"]] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: "k", value }] });
    await transaction[end]();
  }
  await recorder.hasReceived(2);
  const last = await producer.transaction();
  await last.send({ topic, messages: [{ key: "k", value: "four" }, { key: "k", value: "five" }] });
  await last.abort();
  await producer.disconnect();
  // Three messages and the last two, each with the marker of its transaction.
  const end = 3 * 2 + 2 + 1;
  // The broker answers before it has written the marker. A position beyond the end would come later.
  await until("the end is reached", () => positions.at(-1) === end);
  assert.deepEqual(await broker.topicOffsets(topic), [{ partition: 0, low: 0, high: end }]);
  await recorder.stop();
  await skipping.stop();
  assert.deepEqual(recorder.valuesOf(0), ["one", "three"]);
  assert.deepEqual(recorder.received.map(({ offset }) => offset), [0, 4]);
  assert.deepEqual(positions, positions.toSorted((a, b) => a - b));
  await broker.close();
});

serviceTest("messages removed while they are read leave what was committed as it is", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const [topic, group] = [uniqueName("retention"), uniqueName("group")];
  await broker.ensureTopic(topic, { partitions: 1 });
  for (let i = 0; i < 20; i++) await send(broker, topic, messages("a", 10, 10 * i));
  let trimmed = false;
  const recorder: Recorder = new Recorder({
    broker,
    topic,
    group,
    maxFetchBytes: 100,
    before: {
      batch: async ({ nextOffset }) => {
        await recorder.partition(0).commit(nextOffset, `up to ${nextOffset}`);
        if (nextOffset < 30 || trimmed) return;
        trimmed = true;
        await kafkaAdmin(kafka()!, async (admin) => {
          await admin.fetchTopicOffsets(topic);
          const partitions = [{ partition: 0, offset: "150" }];
          await admin.deleteTopicRecords({ topic, partitions });
        });
      },
    },
  });
  await until("there is a gap", () => recorder.gaps.length > 0);
  const [[partition, from, to]] = recorder.gaps;
  assert.equal(partition, 0);
  assert.equal(to, 150);
  await until("the rest is read", () => recorder.received.at(-1)?.offset === 199);
  await recorder.stop();
  assert.equal(recorder.gaps.length, 1, "told once");
  const offsets = recorder.received.map(({ offset }) => offset);
  const expected = Array.from({ length: 200 }, (_, i) => i).filter((i) => i < from || i >= to);
  assert.deepEqual(offsets, expected);
  assert.deepEqual(await broker.groupOffsets(group, topic), [
    { partition: 0, offset: 200, metadata: "up to 200" },
  ]);
  await broker.close();
});

serviceTest("a session timeout that the broker does not allow is named", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!, "10ms"));
  const topic = uniqueName("session");
  await broker.ensureTopic(topic, { partitions: 1 });
  await assert.rejects(
    new Recorder({ broker, topic, group: topic }).done,
    (error: Error & { kind?: string; fix?: string }) => {
      assert.equal(error.kind, "service");
      assert.match(error.message, /does not allow a session timeout of 10 ms/);
      assert.match(error.fix!, /KAFKA_SESSION_TIMEOUT/);
      return true;
    },
  );
  await broker.close();
});

serviceTest("stopping while the group waits for another member leaves it at once", {
  needs: ["kafka"],
}, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const [topic, group] = [uniqueName("waiting"), uniqueName("group")];
  await broker.ensureTopic(topic, { partitions: 1 });
  const silent = new Child("kafka_member.ts", kafka()!, topic, group);
  await silent.says("it is assigned", () => true);
  silent.signal("SIGSTOP");
  const waiting = new Recorder({ broker, topic, group });
  const members = () =>
    kafkaAdmin(kafka()!, async (admin) => (await admin.describeGroups([group])).groups[0].members);
  await until("it is about to join", async () => (await members()).length === 2);
  await waiting.stop();
  assert.equal((await members()).length, 1, "the group need not wait for it");
  assert.deepEqual(waiting.assignments, []);
  await silent.kill();
  await broker.close();
});

serviceTest("closing the broker ends its consumers", { needs: ["kafka"] }, async () => {
  const broker = await openKafkaBroker(kafkaSettings(kafka()!));
  const topic = uniqueName("closing");
  await broker.ensureTopic(topic, { partitions: 1 });
  const recorder = new Recorder({ broker, topic, group: topic });
  await recorder.owns(0);
  await broker.close();
  await recorder.done;
  assert.equal(recorder.assigned[0].lost.aborted, true);
});
