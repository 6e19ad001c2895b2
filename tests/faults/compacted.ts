import assert from "node:assert/strict";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { kafkaSettings } from "../broker/kafka_settings.ts";
import { python } from "../services/services.ts";
import { until } from "../until.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { byTrino } from "./by_trino.ts";
import type { Fault } from "./fault.ts";
import { FLUSH_STEPS } from "./flush_step.ts";
import { KafkaFlow } from "./kafka_flow.ts";
import { killAtStep } from "./kill_at_step.ts";

/** Rows that are superseded, and as many of the same keys that supersede them. */
const ROUND_ROWS = 3000;

/** Rows that close the segment before them. */
const CLOSING_ROWS = 64;

/** Different keys; one message of each stays. */
const KEYS = 600;

/** Longer than a fill takes: only whole fills are cleaned. */
const SEGMENT_MS = 2000;

const PARTITIONS = 2;

/** Messages of an in-flight flush are compacted away, once or twice. */
export const compacted: Fault = {
  name: "compacted",
  claim:
    "a compacted topic: messages of an in-flight flush are compacted away before it is replayed",
  rounds: { short: 1, long: 20 },
  async run({ stage, rounds, chance }) {
    const config = {
      "cleanup.policy": "compact",
      "segment.ms": `${SEGMENT_MS}`,
      "min.cleanable.dirty.ratio": "0.001",
    };
    await using flow = await KafkaFlow.open(stage, { partitions: PARTITIONS, config });
    const options = ["--flush-rows", "500"];
    let sent = 0;
    const fill = async (count: number) => {
      await flow.fill({ count, first: sent, symbols: KEYS });
      sent += count;
      // What follows begins a new segment, so that the cleaner takes this one.
      await sleep(SEGMENT_MS);
    };
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      for (let kill = 0; kill < 1 + round % 2; kill++) {
        await fill(ROUND_ROWS);
        const begun = await ends(flow);
        const step = chance.one(FLUSH_STEPS);
        await killAtStep(flow, options, { step, skip: chance.whole(0, 3) });
        kills++;
        await fill(ROUND_ROWS);
        await fill(CLOSING_ROWS);
        await until("what was begun is compacted away", async () => {
          return (await firsts(flow)).every((first, partition) => first >= begun[partition]);
        });
      }
      await flow.consumeToEnd(options);
    }
    const { place, live } = await flow.tablePlace();
    const script = new URL("./count_compacted.py", import.meta.url);
    const args = [...place, stage.kafka, flow.topic, ...live];
    const counted = JSON.parse(await python(script, args));
    const { expected, missing, duplicate, wrong } = counted;
    assert.deepEqual({ missing, duplicate, wrong }, { missing: 0, duplicate: 0, wrong: 0 });
    const verified = await flow.verify();
    assert.ok(verified.ok, JSON.stringify(verified));
    return {
      kills,
      events: `${sent.toLocaleString("en-US")} rows sent, ${expected} of them left in the topic`,
      rows: expected,
      verified: { missing: verified.missing, duplicate: verified.duplicate },
      counted: { missing, duplicate },
      byTrino: byTrino(await flow.countByTrino(), counted.rows),
      peakRss: flow.peakRss,
    };
  },
};

/** Each partition's end. */
async function ends({ stage, topic }: KafkaFlow): Promise<number[]> {
  const broker = await openKafkaBroker(kafkaSettings(stage.kafka));
  try {
    return (await broker.topicOffsets(topic))!.map(({ high }) => high);
  } finally {
    await broker.close();
  }
}

/** Offset of each partition's first message that is left. */
async function firsts({ stage, topic }: KafkaFlow): Promise<number[]> {
  const broker = await openKafkaBroker(kafkaSettings(stage.kafka));
  const first = async (partition: number) => {
    for await (const batch of broker.read(topic, partition, 0, Infinity)) return batch.offset(0);
    return 0;
  };
  try {
    return await Promise.all(Array.from({ length: PARTITIONS }, (_, i) => first(i)));
  } finally {
    await broker.close();
  }
}
