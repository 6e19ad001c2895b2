import assert from "node:assert/strict";
import { sleep } from "../../mod/wait/sleep.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { strictSchema } from "./strict_schema.ts";

/** Rows a second. */
const RATE = 2000;

/** Longest time between two kills in milliseconds: both groups write for a while. */
const LONGEST_MS = 15_000;

/** With this largest price half of the rows are dead letters. */
const MOST = 550;

/** Two groups write one Iceberg table at the same time: rows and dead letters, in ranges of different bounds. */
export const twoGroups: Fault = {
  name: "two-groups",
  claim: "two groups write one table at the same time, rows and dead letters, and are killed",
  claimOnIceberg:
    "two groups write one Iceberg table at the same time, rows and dead letters, and are killed",
  rounds: { short: 0, long: 30 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 3 });
    const schema = ["--schema", await strictSchema(flow.folder, "close", MOST)];
    const count = RATE * (rounds + 2) * LONGEST_MS / 1000;
    const producer = flow.produce(flow.quotes({ count }), RATE);
    await producer.waitFor(/replaying/);
    const groups = [flow.group, `${flow.group}-other`];
    const asGroup = (group: string) => ["--group", group, ...schema];
    const consume = (group: string) => {
      const rows = String(chance.one([300, 700, 2000]));
      const policy = ["--flush-rows", rows, "--flush-interval", "500ms"];
      return flow.consume([...asGroup(group), ...policy]);
    };
    const consumers = groups.map(consume);
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      await sleep(chance.between(LONGEST_MS / 3, LONGEST_MS));
      const victim = chance.whole(0, 1);
      const { signal, code, stderr } = await consumers[victim].stop("SIGKILL");
      if (signal === "SIGKILL") {
        kills++;
      } else {
        // The other group was faster: it says so, and is restarted.
        assert.equal(code, 1, stderr);
      }
      consumers[victim] = consume(groups[victim]);
    }
    const sent = await flow.finishProducing(producer);
    for (const consumer of consumers) await consumer.stop("SIGKILL");
    // What each of them has left behind goes when it starts again.
    for (const group of groups) await flow.consumeToEnd(asGroup(group));
    return await conclude(flow, {
      kills: kills + groups.length,
      events: ({ rejected }) =>
        `${rejected.toLocaleString("en-US")} dead letters; ` +
        `${rounds - kills} times a group found that the other was faster`,
      args: schema,
      look: ({ rows, rejected }) => assert.equal(rows + rejected, sent),
    });
  },
};
