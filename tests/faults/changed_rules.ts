import { DeleteObjectCommand, paginateListObjectsV2, PutObjectCommand } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { RULES } from "../../mod/sink/intent.ts";
import { conclude } from "./conclude.ts";
import type { Fault } from "./fault.ts";
import { TABLE } from "./flow.ts";
import { atStep, FLUSH_STEPS } from "./flush_step.ts";
import { OFFSET_COMMIT } from "./kafka_fault_proxy.ts";
import { KafkaFlow } from "./kafka_flow.ts";

/** Rows of one round. */
const ROUND_ROWS = 6000;

/** Steps of a flush at which not all of its objects are there. */
const UNFINISHED = FLUSH_STEPS.filter((step) => step.includes("object"));

/**
 * A flush was begun by a version with other rules, for which a message was a dead letter that is a row now:
 * the intent is changed on its way to the broker, and the dead letter is put.
 */
export const changedRules: Fault = {
  name: "changed-rules",
  claim: "an in-flight flush of another version's row rules is settled, not replayed",
  rounds: { short: 1, long: 20 },
  async run({ stage, rounds, chance }) {
    await using flow = await KafkaFlow.open(stage, { partitions: 2 });
    const args = ["--flush-rows", "500", "--partition-by", "index"];
    let letters = 0;
    for (let round = 0; round < rounds; round++) {
      await flow.fill({ count: ROUND_ROWS, first: round * ROUND_ROWS });
      const consumer = flow.consume(args, flow.flaky);
      const killed = atStep(stage, {
        step: chance.one(UNFINISHED),
        skip: chance.whole(1, 20),
        async act() {
          const { signal, stderr } = await consumer.stop("SIGKILL");
          assert.equal(signal, "SIGKILL", stderr);
          return "lose";
        },
      });
      const { treat } = stage.kafkaProxy;
      stage.kafkaProxy.treat = (request) => {
        if (request.apiKey === OFFSET_COMMIT) toFormerRules(request.bytes);
        return treat(request);
      };
      await killed;
      stage.calm();
      letters += await putLetters(flow);
      await flow.consumeToEnd(args);
    }
    const events = `${letters} dead letters of the former rules`;
    const sent = rounds * ROUND_ROWS;
    return await conclude(flow, { kills: rounds, args, events, sent });
  },
};

const text = new TextDecoder("latin1");

/** Turns an intent into one of the former rules, with one more object for the dead letter. */
function toFormerRules(request: Uint8Array): void {
  const found = text.decode(request);
  const rules = found.indexOf(RULES_NAME + RULES);
  if (rules < 0) return;
  const written = `${Number(found.match(OBJECTS)![1]) + 1}`;
  const objects = found.search(OBJECTS) + OBJECTS_NAME.length;
  request[rules + RULES_NAME.length] = `${RULES - 1}`.charCodeAt(0);
  for (let i = 0; i < written.length; i++) request[objects + i] = written.charCodeAt(i);
}

const RULES_NAME = '"rules":';
const OBJECTS_NAME = '"objects":';
const OBJECTS = /"objects":(\d+)/;

/** An object of rows, with its partition and offsets; and how far the table is: an object, or a property. */
const ROWS =
  /^(.*)\/index_quotes\/(?:data\/)?(index=.*-(\d+)-(\d{16})-\d{16}-[0-9a-f]{12})\.parquet$/;
const PROPERTY = /^ticklake\.position\.\w+\.(\d+)$/;
const POSITION = /\/position-(\d+)-\d+-\d+-(\d+)(?:-\d+)?\.json$/;

/** Replaces one object of each range that the table has not taken yet by a dead letter. */
function putLetters(flow: KafkaFlow): Promise<number> {
  const { bucket: Bucket, topic } = flow;
  return flow.withS3(async (client) => {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
      keys.push(...Contents.map(({ Key }) => Key!));
    }
    const taken = await takenUpTo(flow, keys);
    const done = new Set<string>();
    for (const Key of keys) {
      const [, prefix, name, partition, first] = Key.match(ROWS) ?? [];
      const range = `${partition} ${first}`;
      if (name === undefined || done.has(range)) continue;
      if (Number(first) < (taken.get(Number(partition)) ?? 0)) continue;
      done.add(range);
      const letter = {
        ...{ topic, partition: Number(partition), offset: Number(first) },
        ...{ timestamp: new Date().toISOString(), reason: "of the former rules" },
        ...{ key: null, value: "", headers: [] },
      };
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: `${prefix}/dead_letter/${TABLE}/${name}.jsonl`,
          Body: JSON.stringify(letter) + "\n",
        }),
      );
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    }
    return done.size;
  });
}

/** How far the table is, by partition. */
async function takenUpTo(flow: KafkaFlow, keys: string[]): Promise<Map<number, number>> {
  const taken = new Map<number, number>();
  if (flow.stage.table === "iceberg") {
    for (const [name, value] of Object.entries(await flow.iceberg.properties())) {
      const partition = PROPERTY.exec(name)?.[1];
      if (partition !== undefined) taken.set(Number(partition), Number(/-(\d+)/.exec(value)![1]));
    }
    return taken;
  }
  for (const [, partition, end] of keys.map((key) => key.match(POSITION) ?? [])) {
    const before = taken.get(Number(partition)) ?? 0;
    taken.set(Number(partition), Math.max(before, Number(end)));
  }
  return taken;
}
