import assert from "node:assert/strict";
import type { Broker } from "../../mod/broker/broker.ts";
import { type BrokerContractOptions, type ContractTest, messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";

/** Values of the messages in `[from, to)`, by offset, as {@linkcode Broker.read} gives them. */
async function read(
  broker: Broker,
  topic: string,
  from: number,
  to: number,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const batch of broker.read(topic, 0, from, to)) {
    assert.equal(batch.partition, 0);
    for (let i = 0; i < batch.count; i++) {
      const offset = batch.offset(i);
      if (offset < from || offset >= to) continue;
      found.set(offset, new TextDecoder().decode(batch.value(i)!));
    }
  }
  return found;
}

/** What the port promises of reading a range outside of a group. */
export function readContract(test: ContractTest, { trim }: BrokerContractOptions): void {
  test("a range can be read outside of any group, with no effect on one", async (fixture) => {
    const { broker, topic, group } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    for (let i = 0; i < 10; i++) await send(broker, topic, messages("a", 20, 20 * i));
    const found = await read(broker, topic, 35, 105);
    assert.deepEqual([...found.keys()], Array.from({ length: 70 }, (_, i) => 35 + i));
    assert.equal(found.get(35), "a 35");
    assert.equal(found.get(104), "a 104");
    const recorder = new Recorder({ broker, topic, group });
    await recorder.hasReceived(200);
    await recorder.stop();
  });

  test("reading ends where the partition does", async ({ broker, topic }) => {
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 5));
    assert.equal((await read(broker, topic, 3, 1000)).size, 2);
    assert.equal((await read(broker, topic, 5, 1000)).size, 0);
  });

  if (trim === undefined) return;
  test("of a range that retention has reached, what is left is read", async (fixture) => {
    const { broker, topic } = fixture;
    await broker.ensureTopic(topic, { partitions: 1 });
    await send(broker, topic, messages("a", 50));
    await trim(broker, topic, 0, 30);
    assert.deepEqual([...(await read(broker, topic, 10, 35)).keys()], [30, 31, 32, 33, 34]);
    assert.equal((await read(broker, topic, 5, 20)).size, 0);
  });
}
