import assert from "node:assert/strict";
import { ConfigResourceTypes } from "kafkajs";
import { kafkaAdmin } from "../broker/kafka_admin.ts";
import { python } from "../services/services.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { KafkaFlow } from "./kafka_flow.ts";

/** Messages of one round, besides a few very large ones. */
const ROUND_MESSAGES = 2500;

/** Messages in each codec of Kafka, most of which are no rows. */
export const badMessages: Fault = {
  name: "bad-messages",
  claim:
    "bad messages in every codec: binary, truncated, wrong types, deeply nested, 10 MiB, without a value",
  rounds: { short: 4, long: 40 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 3 });
    await allowLarge(flow);
    const made = { all: 0, good: 0, bad: 0, either: 0 };
    const consumer = flow.consume(["--flush-rows", "700", "--flush-interval", "500ms"]);
    const script = new URL("./write_bad_messages.py", import.meta.url);
    for (let round = 0; round < rounds; round++) {
      const numbers = [ROUND_MESSAGES, round * 2 * ROUND_MESSAGES, chance.whole(0, 2 ** 31)];
      const args = [stage.kafka, flow.topic, ...numbers.map(String)];
      const counts: typeof made = JSON.parse(await python(script, args));
      for (const kind of ["all", "good", "bad", "either"] as const) made[kind] += counts[kind];
    }
    const { stdout } = await flow.finish(consumer);
    const { read, written, rejected } = JSON.parse(stdout);
    assert.equal(read, written + rejected);
    const outcome = await conclude(flow, {
      events: ({ rejected }) =>
        `${rejected.toLocaleString("en-US")} dead letters, each with a reason`,
      look({ expected, rows, rejected }) {
        assert.equal(expected, made.all);
        assert.ok(rows >= made.good, `${rows} rows of ${made.good} good messages`);
        assert.ok(rejected >= made.bad, `${rejected} dead letters of ${made.bad} bad messages`);
      },
    });
    const { compared, rows } = await flow.compareDeadLetters();
    assert.equal(compared + rows, made.all);
    assert.ok(compared >= made.bad);
    return outcome;
  },
};

/** Lets the topic have messages of 12 MiB; the broker's own limit is 1 MiB. */
async function allowLarge({ stage, topic }: KafkaFlow): Promise<void> {
  const configEntries = [{ name: "max.message.bytes", value: String(12 << 20) }];
  await kafkaAdmin(stage.kafka, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    }));
}
