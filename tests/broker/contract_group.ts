import assert from "node:assert/strict";
import { type ContractTest, messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";
import { until } from "../until.ts";

/** What the port promises of commits and of the end of consuming. */
export function groupContract(test: ContractTest): void {
  test("a group continues at what it has committed", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, ["21", "foobar", "abc"].flatMap((key) => messages(key, 10)));
    const first = new Recorder({ broker, topic, group });
    await first.hasReceived(30);
    await first.partition(0).commit(7, "");
    await first.stop();
    const offsets = (await broker.topicOffsets(topic))!;
    const second = new Recorder({ broker, topic, group });
    await second.hasReceived(30 - 7);
    await second.stop();
    const [zero, one] = second.assignments[0].toSorted((a, b) => a.partition - b.partition);
    assert.deepEqual(zero.committed, { partition: 0, offset: 7, metadata: "" });
    assert.equal(zero.start, 7);
    assert.deepEqual(one.committed, { partition: 1, offset: null, metadata: "" });
    assert.equal(one.start, 0);
    assert.deepEqual(second.valuesOf(0), first.valuesOf(0).slice(7));
    assert.equal(second.valuesOf(1).length, offsets[1].high);
  });

  test("committing is durable when it returns, and others see it", async (fixture) => {
    const { broker, another, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, messages("21", 5));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.owns(0, 1);
    const other = await another();
    await recorder.partition(1).commit(0, "nothing yet");
    assert.deepEqual(await other.groupOffsets(group, topic), [
      { partition: 0, offset: null, metadata: "" },
      { partition: 1, offset: 0, metadata: "nothing yet" },
    ]);
    await recorder.partition(0).commit(2, "");
    assert.deepEqual((await other.groupOffsets(group, topic))[0], {
      partition: 0,
      offset: 2,
      metadata: "",
    });
    assert.deepEqual(await other.groupOffsets(`${group}-2`, topic), []);
    await recorder.stop();
  });

  test("metadata of up to 4096 bytes comes back as it was", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    const metadata = [
      "é".repeat(2048),
      JSON.stringify({ v: 1, end: 2 ** 53 - 1, text: '\u0001 " \\ 😀' }),
      "",
    ];
    for (const text of metadata) {
      const recorder = new Recorder({ broker, topic, group });
      await recorder.owns(0);
      await recorder.partition(0).commit(0, text);
      await recorder.stop();
      assert.equal((await broker.groupOffsets(group, topic))[0].metadata, text);
    }
  });

  test("more metadata than that is refused, and nothing is committed", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    const recorder = new Recorder({ broker, topic, group });
    await recorder.owns(0);
    await recorder.partition(0).commit(0, "before");
    await assert.rejects(recorder.partition(0).commit(0, "é".repeat(2048) + "x"));
    await recorder.stop();
    assert.equal((await broker.groupOffsets(group, topic))[0].metadata, "before");
  });

  test("an offset can be committed again, and set back", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 5));
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(5);
    for (const [offset, text] of [[5, "a"], [5, "b"], [2, ""]] as const) {
      await recorder.partition(0).commit(offset, text);
      assert.deepEqual(await broker.groupOffsets(group, topic), [
        { partition: 0, offset, metadata: text },
      ]);
    }
    await recorder.stop();
  });

  test("groups do not know of each other", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 2 });
    await send(broker, topic, messages("a", 5));
    const one = new Recorder({ broker, topic, group });
    const two = new Recorder({ broker, topic, group: `${group}-2` });
    await Promise.all([one.hasReceived(5), two.hasReceived(5)]);
    await Promise.all([one.stop(), two.stop()]);
    assert.deepEqual(one.assignments.length, 1);
    assert.deepEqual(two.assignments.length, 1);
  });

  test("aborting ends the call after the batch in hand, and aborts what was assigned", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 5));
    let inHand = false;
    let release: (() => void) | undefined;
    const recorder = new Recorder({
      broker,
      topic,
      group,
      before: {
        batch: async () => {
          inHand = true;
          await new Promise<void>((resolve) => release = resolve);
          inHand = false;
        },
      },
    });
    await until("a batch is in hand", () => inHand);
    const assigned = recorder.partition(0);
    const stopped = recorder.stop();
    await until("the partition is lost", () => assigned.lost.aborted);
    assert.equal(inHand, true);
    release!();
    await stopped;
    assert.equal(inHand, false);
    await assert.rejects(assigned.commit(5, ""), { name: "FencedError" });
    assert.deepEqual(await broker.groupOffsets(group, topic), []);
  });

  test("a signal that has aborted already consumes nothing", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    const told: string[] = [];
    await broker.consume({
      topic,
      group,
      from: "earliest",
      signal: AbortSignal.abort(),
      handler: {
        assigned: async () => void told.push("assigned"),
        batch: async () => void told.push("batch"),
        gap: async () => void told.push("gap"),
      },
    });
    assert.deepEqual(told, []);
  });

  for (const call of ["assigned", "batch"] as const) {
    test(`an error of ${call} ends the call and is thrown`, async ({ broker, topic, group }) => {
      await broker.ensureTopic(topic, { partitions: 2 });
      await send(broker, topic, ["21", "foobar"].flatMap((key) => messages(key, 5)));
      const error = new Error(`thrown by ${call}`);
      const failing = new Recorder({
        broker,
        topic,
        group,
        before: { [call]: () => Promise.reject(error) },
      });
      await assert.rejects(failing.done, (thrown) => thrown === error);
      const next = new Recorder({ broker, topic, group });
      await next.hasReceived(10);
      await next.stop();
    });
  }
}
