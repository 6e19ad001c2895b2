import assert from "node:assert/strict";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import type { KafkaFaultProxy } from "./kafka_fault_proxy.ts";
import { sleep } from "../../mod/wait/sleep.ts";

/** Number of the request Produce in Kafka's protocol. */
const PRODUCE = 0;

/** Rows of one run: more than it sends before it is killed. */
const FILE_ROWS = 200_000;

/** Producers are killed at random instants; what the broker has acknowledged to them is not lost. */
export const killProduce: Fault = {
  name: "kill-produce",
  claim: "SIGKILL of a producer: no acknowledged row is lost or duplicated",
  rounds: { short: 4, long: 30 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 4 });
    const acknowledged = watchAcknowledged(stage.kafkaProxy);
    for (let round = 0; round < rounds; round++) {
      const path = flow.quotes({ count: FILE_ROWS, first: round * FILE_ROWS });
      const rate = chance.one([2000, 20_000, 80_000]);
      const producer = flow.produce(path, rate, flow.flakyKafka);
      const before = acknowledged.size;
      while (acknowledged.size === before) await sleep(5);
      await sleep(chance.between(0, 1500));
      const { signal, stderr } = await producer.stop("SIGKILL");
      assert.equal(signal, "SIGKILL", `it ended by itself: ${stderr}`);
      Deno.removeSync(path);
    }
    const file = `${flow.folder}/acknowledged`;
    Deno.writeTextFileSync(file, [...acknowledged].join("\n") + "\n");
    return await conclude(flow, {
      kills: rounds,
      events: `${acknowledged.size.toLocaleString("en-US")} rows acknowledged`,
      acknowledged: file,
      look: ({ rows, numbers }) => assert.equal(rows, numbers, "no row is in the topic twice"),
    });
  },
};

/** Numbers of the rows whose answer has been passed on to the producer. */
function watchAcknowledged(proxy: KafkaFaultProxy): Set<string> {
  const numbers = new Set<string>();
  proxy.treat = ({ apiKey, bytes }) => {
    if (apiKey !== PRODUCE) return undefined;
    // Not compressed, so that the rows can be read in the request.
    const rows = new TextDecoder("latin1").decode(bytes).matchAll(/"Volume":(\d+)/g);
    const sent = Array.from(rows, ([, number]) => number);
    return {
      async after(answer) {
        assert.ok(isSuccess(answer), "the broker refused rows");
        for (const number of sent) numbers.add(number);
        return false;
      },
    };
  };
  return numbers;
}

/** Whether an answer to Produce, version 7, of one topic has no error for any partition. */
function isSuccess(answer: Uint8Array): boolean {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  let at = 4 + 4;
  at += 2 + view.getInt16(at);
  let partitions = view.getInt32(at);
  for (at += 4; partitions > 0; partitions--, at += 30) {
    if (view.getInt16(at + 4) !== 0) return false;
  }
  return true;
}
