import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import type { ContractTest } from "./contract.ts";

/** What the port promises of topics and offsets. */
export function topicContract(test: ContractTest): void {
  test("a topic is created once, with its partitions", async ({ broker, topic }) => {
    assert.deepEqual(await broker.ensureTopic(topic, { partitions: 3 }), {
      created: true,
      partitions: 3,
    });
    assert.deepEqual(await broker.ensureTopic(topic, { partitions: 5 }), {
      created: false,
      partitions: 3,
    });
  });

  test("two that create a topic at once both get it", async ({ broker, another, topic }) => {
    const other = await another();
    const results = await Promise.all(
      [broker, other].map((broker) => broker.ensureTopic(topic, { partitions: 2 })),
    );
    assert.deepEqual(results.map(({ created }) => created).sort(), [false, true]);
    assert.deepEqual(results.map(({ partitions }) => partitions), [2, 2]);
  });

  test("a new topic is empty", async ({ broker, topic }) => {
    await broker.ensureTopic(topic, { partitions: 2 });
    assert.deepEqual(await broker.topicOffsets(topic), [
      { partition: 0, low: 0, high: 0 },
      { partition: 1, low: 0, high: 0 },
    ]);
  });

  test("an unknown topic has no offsets, and asking does not create it", async ({ broker, topic }) => {
    assert.equal(await broker.topicOffsets(topic), null);
    assert.equal(await broker.topicOffsets(topic), null);
  });

  test("an unknown group or topic has no committed offsets", async ({ broker, topic, group }) => {
    assert.deepEqual(await broker.groupOffsets(group, topic), []);
    await broker.ensureTopic(topic, { partitions: 2 });
    assert.deepEqual(await broker.groupOffsets(group, topic), []);
  });

  test("a name that Kafka does not allow is refused", async ({ broker }) => {
    await assert.rejects(
      broker.ensureTopic("no spaces!", { partitions: 1 }),
      (error) => error instanceof Failure && error.message.includes("no spaces!"),
    );
  });

  test("consuming an unknown topic fails, and says which", async ({ broker, topic, group }) => {
    const unused = async () => {};
    await assert.rejects(
      broker.consume({
        topic,
        group,
        from: "earliest",
        signal: new AbortController().signal,
        handler: { assigned: unused, batch: unused, gap: unused },
      }),
      (error) =>
        error instanceof Failure && error.kind === "service" && error.message.includes(topic),
    );
    assert.equal(await broker.topicOffsets(topic), null);
  });
}
