import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { type AssignedPartition, BEGUN_AT_END, type Broker } from "../../mod/broker/broker.ts";
import { type BrokerContractOptions, type ContractTest, messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

/** Keys that reach all of 4 partitions. */
const KEYS = ["21", "foobar", "abc", "NYA", "N225", "IXIC", "HSI", "GSPTSE", "a", "b", "c", "d"];

/** What the port promises of several members of a group. */
export function assignmentContract(test: ContractTest, options: BrokerContractOptions): void {
  test("two members share the partitions, each message goes to one", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 4 });
    const one = new Recorder({ broker, topic, group });
    await one.owns(0, 1, 2, 3);
    const two = new Recorder({ broker: await another(), topic, group });
    await until("both own two", () => one.owned.length === 2 && two.owned.length === 2);
    assert.deepEqual([...one.owned, ...two.owned].sort(), [0, 1, 2, 3]);
    await send(broker, topic, KEYS.flatMap((key) => messages(key, 5)));
    await until("all is read", () => one.received.length + two.received.length >= 5 * KEYS.length);
    await Promise.all([one.stop(), two.stop()]);
    const values = [...one.received, ...two.received].map(({ value }) => value);
    assert.equal(values.length, 5 * KEYS.length);
    assert.equal(new Set(values).size, values.length);
  });

  test("a rebalance aborts the old assignment, then tells the new one, complete", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    const lostBefore: boolean[] = [];
    let former: AssignedPartition[] = [];
    const one = new Recorder({
      broker,
      topic,
      group,
      before: {
        assigned: async (partitions) => {
          lostBefore.push(former.every(({ lost }) => lost.aborted));
          former = partitions;
        },
      },
    });
    await one.owns(0, 1);
    const before = one.assigned;
    const two = new Recorder({ broker: await another(), topic, group });
    await until("each owns one", () => one.owned.length === 1 && two.owned.length === 1);
    assert.ok(before.every(({ lost }) => lost.aborted));
    assert.ok(one.assigned.every((partition) => !before.includes(partition)));
    assert.ok(lostBefore.every((lost) => lost));
    await Promise.all([one.stop(), two.stop()]);
  });

  test("members beyond the partitions own nothing until one leaves", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    const members = [
      new Recorder({ broker, topic, group }),
      new Recorder({ broker: await another(), topic, group }),
    ];
    const owner = () => members.find(({ owned }) => owned.length === 1);
    await until(
      "one has it, the other was told that it has none",
      () => owner() !== undefined && members.every(({ assignments }) => assignments.length > 0),
    );
    const first = owner()!;
    await first.stop();
    await until("the other has it", () => owner() !== undefined && owner() !== first);
    await owner()!.stop();
  });

  test("who takes over begins at the committed offset; what was not committed comes again", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 4 });
    await send(broker, topic, KEYS.flatMap((key) => messages(key, 10)));
    const one = new Recorder({ broker, topic, group });
    await one.hasReceived(10 * KEYS.length);
    const { partition } = one.received[0];
    await one.partition(partition).commit(5, "five");
    const two = new Recorder({ broker: await another(), topic, group });
    await until("both own two", () => one.owned.length === 2 && two.owned.length === 2);
    await one.stop();
    await two.owns(0, 1, 2, 3);
    const taken = two.partition(partition);
    assert.deepEqual(taken.committed, { partition, offset: 5, metadata: "five" });
    assert.equal(taken.start, 5);
    await until("all is read again", () => {
      const offsets = new Set(
        two.received.map(({ partition, offset }) => `${partition} ${offset}`),
      );
      return offsets.size >= 10 * KEYS.length - 5;
    });
    await two.stop();
    const offsets = two.received.filter((message) => message.partition === partition)
      .map(({ offset }) => offset);
    assert.equal(Math.min(...offsets), 5);
  });

  test("a commit is refused after another member took over", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, ["21", "foobar"].flatMap((key) => messages(key, 5)));
    const one = new Recorder({ broker, topic, group });
    await one.hasReceived(10);
    const before = one.assigned;
    await before.find(({ partition }) => partition === 0)!.commit(1, "mine");
    const two = new Recorder({ broker: await another(), topic, group });
    await until("each owns one", () => one.owned.length === 1 && two.owned.length === 1);
    for (const old of before) {
      await assert.rejects(old.commit(5, "too late"), { name: "FencedError" });
    }
    assert.deepEqual((await broker.groupOffsets(group, topic))[0], {
      partition: 0,
      offset: 1,
      metadata: "mine",
    });
    await two.assigned[0].commit(2, "theirs");
    await one.assigned[0].commit(3, "again mine");
    const committed = await broker.groupOffsets(group, topic);
    assert.deepEqual(committed[two.assigned[0].partition].metadata, "theirs");
    assert.deepEqual(committed[one.assigned[0].partition].metadata, "again mine");
    await Promise.all([one.stop(), two.stop()]);
  });

  test("members that stay may commit what they hold when another one leaves", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 3 });
    const revoked: Array<"committed" | "refused"> = [];
    const member = (broker: Broker) => {
      const recorder: Recorder = new Recorder({
        broker,
        topic,
        group,
        before: {
          revoking: async () => {
            if (!left) return;
            // As a sink that has much to write.
            await new Promise((resolve) => setTimeout(resolve, 200));
            for (const partition of recorder.assigned) {
              const { length } = recorder.valuesOf(partition.partition);
              await partition.commit(length, "").then(
                () => revoked.push("committed"),
                () => revoked.push("refused"),
              );
            }
          },
        },
      });
      return recorder;
    };
    let left = false;
    const members = [member(broker), member(await another()), member(await another())];
    await until("each owns one", () => members.every(({ owned }) => owned.length === 1));
    await send(await another(), topic, KEYS.flatMap((key) => messages(key, 5)));
    await until("all is read", () => {
      return members.reduce((sum, { received }) => sum + received.length, 0) === 5 * KEYS.length;
    });
    left = true;
    await members[0].stop();
    await until("the others own all", () => {
      return members[1].owned.length + members[2].owned.length === 3;
    });
    await Promise.all([members[1].stop(), members[2].stop()]);
    assert.ok(
      revoked.length >= 2 && revoked.every((outcome) => outcome === "committed"),
      `${revoked}`,
    );
  });

  test("a handler that lets a refused commit out joins again", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, ["21", "foobar"].flatMap((key) => messages(key, 5)));
    let held: AssignedPartition | undefined;
    const one = new Recorder({
      broker,
      topic,
      group,
      before: {
        batch: async (batch) => {
          if (held !== undefined) return;
          held = one.partition(batch.partition);
          // Works on until the partition is another's, then tries to commit.
          await new Promise((resolve) => held!.lost.addEventListener("abort", resolve));
          await held.commit(batch.nextOffset, "");
        },
      },
    });
    await until("a batch is in hand", () => held !== undefined);
    const two = new Recorder({ broker: await another(), topic, group });
    await until("each owns one", () => one.owned.length === 1 && two.owned.length === 1);
    await until("all is read", () => one.received.length + two.received.length >= 10);
    await Promise.all([one.stop(), two.stop()]);
  });

  test("a batch in hand keeps its member in the group", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 5));
    let release: (() => void) | undefined;
    const one = new Recorder({
      broker,
      topic,
      group,
      before: {
        batch: () =>
          release === undefined
            ? new Promise<void>((resolve) => release = resolve)
            : Promise.resolve(),
      },
    });
    await until("a batch is in hand", () => release !== undefined);
    const assigned = one.partition(0);
    await sleep(options.sessionMs ?? 12_000);
    assert.equal(assigned.lost.aborted, false);
    await assigned.commit(5, "still mine");
    release!();
    await one.hasReceived(5);
    await one.stop();
    assert.deepEqual(await (await another()).groupOffsets(group, topic), [
      { partition: 0, offset: 5, metadata: "still mine" },
    ]);
  });

  const { addPartitions } = options;
  if (addPartitions === undefined) return;
  test("partitions that are added are read from their beginning", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    const recorder = new Recorder({ broker, topic, group });
    await recorder.owns(0);
    await addPartitions(broker, topic, 4);
    const other = await another();
    await send(other, topic, KEYS.flatMap((key) => messages(key, 5)));
    const offsets = (await broker.topicOffsets(topic))!;
    assert.equal(offsets.length, 4);
    assert.ok(offsets.every(({ high }) => high > 0));
    await recorder.owns(0, 1, 2, 3);
    const all = () =>
      new Set(recorder.received.map(({ partition, offset }) => `${partition} ${offset}`));
    await until("all is read", () => all().size === 5 * KEYS.length);
    await recorder.stop();
  });

  test("from latest, partitions that are added while nobody runs are read from their beginning", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, KEYS.flatMap((key) => messages(`${key} old`, 5)));
    const first = new Recorder({ broker, topic, group, from: "latest" });
    await first.owns(0, 1);
    const ends = first.assigned.map(({ offsets }) => offsets.high);
    await first.stop();
    const begun = await broker.groupOffsets(group, topic);
    assert.deepEqual(begun.map(({ offset }) => offset), ends, "where it began is committed");
    assert.deepEqual(
      begun.map(({ metadata }) => metadata),
      [BEGUN_AT_END, BEGUN_AT_END],
      "and marked as the broker's own",
    );
    await addPartitions(broker, topic, 4);
    await send(broker, topic, KEYS.flatMap((key) => messages(key, 5)));
    const second = new Recorder({ broker, topic, group, from: "latest" });
    await second.hasReceived(5 * KEYS.length);
    await second.stop();
    assert.ok(second.received.every(({ value }) => !value!.includes("old")));
    assert.ok(second.received.some(({ partition }) => partition >= 2));
  });

  test("from latest, partitions that are added while it runs are read from their beginning", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("old", 5));
    const recorder = new Recorder({ broker, topic, group, from: "latest" });
    await recorder.owns(0);
    await addPartitions(broker, topic, 4);
    await send(await another(), topic, KEYS.flatMap((key) => messages(key, 5)));
    const all = () =>
      new Set(recorder.received.map(({ partition, offset }) => `${partition} ${offset}`));
    await until("all is read", () => all().size === 5 * KEYS.length);
    await recorder.stop();
    assert.ok(recorder.received.every(({ value }) => !value!.includes("old")));
  });
}
