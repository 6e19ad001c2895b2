import assert from "node:assert/strict";
import type { Broker, PartitionStall } from "../../mod/broker/broker.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { sleep } from "../../mod/wait/sleep.ts";
import { FETCH, KafkaFaultProxy, OFFSET_COMMIT } from "../faults/kafka_fault_proxy.ts";
import { freePort } from "../services/free_port.ts";
import { startKafka } from "../services/kafka/kafka.ts";
import { serviceTest } from "../services/services.ts";
import { until } from "../until.ts";
import { messages, send } from "./contract.ts";
import { kafkaSettings } from "./kafka_settings.ts";
import { Recorder } from "./recorder.ts";

const TOPIC = "quotes";

/** Where an answer to Fetch, version 13, has the error of its only partition. */
const FETCH_ERROR = 4 + 1 + 4 + 2 + 4 + 1 + 16 + 1 + 4;

/** Where an answer to OffsetCommit, version 6, has the error of its only partition. */
const COMMIT_ERROR = 4 + 4 + 4 + 2 + TOPIC.length + 4 + 4;

/** An answer to Fetch without a topic, as a broker gives it whose quota is used up: of version 13, and of 11. */
const EMPTY_LENGTH = 4 + 1 + 4 + 2 + 4 + 1 + 1;
const EMPTY_BY_NAME_LENGTH = 4 + 4 + 2 + 4 + 4;

const THROTTLE_MS = 50;

/** Kafka's numbers of errors. */
const UNKNOWN_SERVER_ERROR = -1;
const CORRUPT_MESSAGE = 2;
const KAFKA_STORAGE_ERROR = 56;
const OF_THE_FUTURE = 9999;

serviceTest("what a broker answers for one partition", { needs: ["kafka"] }, async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-kafka-" });
  const port = freePort();
  using proxy = new KafkaFaultProxy(() => port);
  const advertised = `127.0.0.1:${proxy.port}`;
  const service = await startKafka({
    folder,
    listeners: [{ name: "PLAINTEXT", protocol: "PLAINTEXT", port, advertised }],
  });
  const broker = await openKafkaBroker(kafkaSettings(advertised));
  try {
    await broker.ensureTopic(TOPIC, { partitions: 1 });
    await send(broker, TOPIC, messages("a", 5));
    for (const code of [CORRUPT_MESSAGE, KAFKA_STORAGE_ERROR]) {
      await t.step(`error ${code} for a while is a stall, and its end is told`, async () => {
        await stall(broker, proxy, code);
      });
    }
    for (const code of [UNKNOWN_SERVER_ERROR, OF_THE_FUTURE]) {
      await t.step(`error ${code} is tried again, and ends it when it stays`, async () => {
        await unknown(broker, proxy, code);
      });
    }
    await t.step("an answer without the partition, as of a used quota, is waited out", async () => {
      await throttled(broker, proxy);
    });
    await t.step("a commit without an answer counts no more once it joined again", async () => {
      await lateCommit(broker, proxy);
    });
  } finally {
    await broker.close();
    await service.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

/** Answers to requests of a kind get an error. */
function failing(proxy: KafkaFaultProxy, key: number, place: number, code: number): void {
  proxy.treat = ({ apiKey }) =>
    apiKey !== key ? undefined : {
      after: async (answer) => {
        new DataView(answer.buffer, answer.byteOffset).setInt16(place, code);
        return false;
      },
    };
}

function calm(proxy: KafkaFaultProxy): void {
  proxy.treat = () => undefined;
}

async function stall(broker: Broker, proxy: KafkaFaultProxy, code: number): Promise<void> {
  const stalls: Array<PartitionStall | null> = [];
  const stalled = (_: number, stall: PartitionStall | null) => void stalls.push(stall);
  const from = Date.now();
  failing(proxy, FETCH, FETCH_ERROR, code);
  const group = `stall-${code}`;
  const recorder = new Recorder({ broker, topic: TOPIC, group, stallMs: 700, before: { stalled } });
  await until("the stall is told", () => stalls.length === 1);
  assert.equal(recorder.received.length, 0);
  const name = code === CORRUPT_MESSAGE ? /CORRUPT_MESSAGE/ : /KAFKA_STORAGE_ERROR/;
  assert.match(stalls[0]!.reason, name);
  assert.ok(stalls[0]!.sinceMs >= from && stalls[0]!.sinceMs <= Date.now() - 700);
  calm(proxy);
  await recorder.hasReceived(5);
  assert.equal(stalls.at(-1), null);
  await recorder.stop();
}

async function unknown(broker: Broker, proxy: KafkaFaultProxy, code: number): Promise<void> {
  failing(proxy, FETCH, FETCH_ERROR, code);
  const patient = new Recorder({ broker, topic: TOPIC, group: `unknown-${code}` });
  await patient.owns(0);
  await sleep(1000);
  calm(proxy);
  await patient.hasReceived(5);
  const retried: unknown[] = [];
  failing(proxy, OFFSET_COMMIT, COMMIT_ERROR, code);
  const committed = patient.partition(0).commit(5, "").finally(() => retried.push("done"));
  await sleep(500);
  assert.deepEqual(retried, []);
  calm(proxy);
  await committed;
  await patient.stop();

  failing(proxy, FETCH, FETCH_ERROR, code);
  const group = `unknown-${code}-ends`;
  const impatient = new Recorder({ broker, topic: TOPIC, group, stallMs: 700 });
  await assert.rejects(impatient.done, (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.kind, "service");
    assert.match(error.message, /refused reading quotes/);
    return true;
  });
  calm(proxy);
}

async function throttled(broker: Broker, proxy: KafkaFaultProxy): Promise<void> {
  let answers = 0;
  let isByName = false;
  proxy.treat = ({ apiKey }) =>
    apiKey !== FETCH ? undefined : {
      after: async (answer) => {
        if (answers++ % 4 === 3) return false;
        const empty = new Uint8Array(isByName ? EMPTY_BY_NAME_LENGTH : EMPTY_LENGTH);
        empty.set(answer.subarray(0, 4));
        if (isByName) return empty;
        new DataView(empty.buffer).setInt32(5, THROTTLE_MS);
        empty[EMPTY_LENGTH - 2] = 1; // No topics, as their number and one.
        return empty;
      },
    };
  const recorder = new Recorder({ broker, topic: TOPIC, group: "throttled" });
  await recorder.hasReceived(5);
  await recorder.stop();
  // The first answer to the read is one without data.
  const consumed = answers;
  answers = 0;
  isByName = true;
  const read: number[] = [];
  for await (const batch of broker.read(TOPIC, 0, 0, 5)) {
    for (let i = 0; i < batch.count; i++) read.push(batch.offset(i));
  }
  assert.deepEqual(read, [0, 1, 2, 3, 4]);
  assert.ok(consumed >= 4 && answers >= 4, `${consumed} and ${answers} answers`);
  calm(proxy);
}

/**
 * The connection is given up, but what was written to it still reaches the broker, much later. Of a member
 * that does not lead its group: when one that does joins again, a new generation begins anyway.
 */
async function lateCommit(broker: Broker, proxy: KafkaFaultProxy): Promise<void> {
  const [topic, group] = ["pairs", "late"];
  await broker.ensureTopic(topic, { partitions: 2 });
  const leader = new Recorder({ broker, topic, group });
  await leader.owns(0, 1);
  const recorder = new Recorder({ broker, topic, group });
  await until("both have one", () => leader.owned.length === 1 && recorder.owned.length === 1);
  const [partition] = recorder.owned;
  await recorder.partition(partition).commit(0, "in time");
  const held = Promise.withResolvers<void>();
  let isFirst = true;
  proxy.treat = ({ apiKey }) => {
    if (apiKey !== OFFSET_COMMIT || !isFirst) return undefined;
    isFirst = false;
    return { before: () => held.promise.then(() => false) };
  };
  const former = recorder.partition(partition);
  await assert.rejects(former.commit(0, "late"), { name: "FencedError" });
  assert.ok(former.lost.aborted);
  await until(
    "it joined again",
    () => recorder.assignments.length > 1 && recorder.owned.length > 0,
  );
  held.resolve();
  // It has passed on to the broker by then, which refuses it.
  await sleep(1000);
  const committed = await broker.groupOffsets(group, topic);
  assert.deepEqual(committed[partition], { partition, offset: 0, metadata: "in time" });
  await recorder.stop();
  await leader.stop();
}
