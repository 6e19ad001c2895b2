import assert from "node:assert/strict";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import type { Retention } from "../../mod/broker/embedded/retention.ts";
import { until } from "../until.ts";
import { messages, send } from "./contract.ts";
import { Recorder } from "./recorder.ts";

/** A log with 10 blocks of 10 messages; `consumed` of them by each group that is named. */
async function retained(
  retention: Retention,
  groups: Record<string, number>,
  expectedLow: number,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ticklake-retention-" });
  try {
    const path = `${directory}/log.sqlite`;
    const plain = await openEmbeddedBroker(path);
    await plain.ensureTopic("t", { partitions: 1 });
    for (let block = 0; block < 10; block++) await send(plain, "t", messages("a", 10, block * 10));
    for (const [group, consumed] of Object.entries(groups)) {
      const recorder = new Recorder({ broker: plain, topic: "t", group });
      await recorder.hasReceived(100);
      await recorder.partition(0).commit(consumed, "");
      await recorder.stop();
    }
    await plain.close();
    const broker = await openEmbeddedBroker(path, { retention });
    await (await broker.producer({ topic: "t" })).close();
    const low = async () => (await broker.topicOffsets("t"))![0].low;
    await until(`the log begins at ${expectedLow}`, async () => await low() === expectedLow);
    await broker.close();
    const again = await openEmbeddedBroker(path);
    assert.deepEqual(await again.topicOffsets("t"), [{
      partition: 0,
      low: expectedLow,
      high: 100,
    }]);
    const values: string[] = [];
    for await (const batch of again.read("t", 0, 0, 100)) {
      for (let i = 0; i < batch.count; i++) {
        values.push(new TextDecoder().decode(batch.value(i)!));
      }
    }
    assert.deepEqual(
      values,
      messages("a", 100 - expectedLow, expectedLow).map(({ value }) => value),
    );
    await again.close();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("retention removes what is old and what all groups have consumed, in whole blocks", async () => {
  await retained({ ms: 0 }, { lake: 55, other: 80 }, 50);
});

Deno.test("retention keeps all of a topic that no group reads, and what is not old", async () => {
  await retained({ ms: 0 }, {}, 0);
  await retained({ ms: 3_600_000 }, { lake: 100 }, 0);
});

Deno.test("retention beyond a size removes what is not old, but nothing that is not consumed", async () => {
  await retained({ ms: 3_600_000, bytes: 0 }, { lake: 70 }, 70);
  await retained({ ms: 3_600_000, bytes: 1e9 }, { lake: 70 }, 0);
});

Deno.test("retention removes what nobody has consumed where that is asked for", async () => {
  await retained({ ms: 0, unconsumed: true }, { lake: 20 }, 100);
});
