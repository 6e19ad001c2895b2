import assert from "node:assert/strict";
import { type ContractTest, messages, send } from "./contract.ts";

/** What the port promises of signals: a call ends with the signal's reason, as soon as it aborts. */
export function signalContract(test: ContractTest): void {
  test("a call whose signal has aborted ends with its reason", async ({ broker, topic, group }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 1));
    const producer = await broker.producer({ topic });
    const reason = new Error("not wanted any more");
    const options = { signal: AbortSignal.abort(reason) };
    const calls: Record<string, () => Promise<unknown>> = {
      ensureTopic: () => broker.ensureTopic(topic, { partitions: 1, ...options }),
      topicOffsets: () => broker.topicOffsets(topic, options),
      groupOffsets: () => broker.groupOffsets(group, topic, options),
      log: () => broker.log(topic, options),
      producer: () => broker.producer({ topic, ...options }),
      send: () => producer.send(messages("b", 1), options),
      read: async () => {
        for await (const _ of broker.read(topic, 0, 0, 1, options));
      },
    };
    for (const [name, call] of Object.entries(calls)) {
      await assert.rejects(call(), (error) => error === reason, name);
    }
    await producer.close(options);
    assert.deepEqual(await broker.topicOffsets(topic), [{ partition: 0, low: 0, high: 1 }]);
  });

  test("a call with a signal that does not abort is as one without", async (fixture) => {
    const { broker, topic, group } = fixture;
    const { signal } = new AbortController();
    await broker.ensureTopic(topic, { partitions: 1, signal });
    const producer = await broker.producer({ topic, signal });
    assert.equal(await producer.send(messages("a", 3), { signal }), 3);
    await producer.close({ signal });
    assert.equal((await broker.topicOffsets(topic, { signal }))![0].high, 3);
    assert.deepEqual(await broker.log(topic, { signal }), await broker.log(topic));
    assert.deepEqual(await broker.groupOffsets(group, topic, { signal }), []);
    let read = 0;
    for await (const { count } of broker.read(topic, 0, 0, 3, { signal })) read += count;
    assert.equal(read, 3);
  });
}
