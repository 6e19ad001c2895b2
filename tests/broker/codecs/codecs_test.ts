import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { RecordReader } from "../../../mod/broker/kafka/record_batch_reader.ts";
import { PROPERTY } from "../../property_seed.ts";
import type { UnreadableBatch } from "../../../mod/broker/broker.ts";
import { openKafkaBroker } from "../../../mod/broker/kafka/kafka_broker.ts";
import { installKafka, KAFKA_CLASS_PATH } from "../../services/kafka/kafka.ts";
import { kafka, python, serviceTest, uniqueName } from "../../services/services.ts";
import { runTool } from "../../services/tools_folder.ts";
import { kafkaSettings } from "../kafka_settings.ts";
import { HEADER_LENGTH, plainBatch, withRecords } from "./batch_bytes.ts";

interface Variant {
  codec: number;
  name: string;
  bytes: string;
}

/** Rows as in the topic, with a few that compress badly or very well. */
function sampleValues(count: number): string[] {
  const random = (i: number) => Math.abs(Math.sin(i * 12.9898 + PROPERTY.seed) * 43758.5453) % 1;
  return Array.from({ length: count }, (_, i) => {
    if (i % 50 === 0) return "x".repeat(Math.floor(random(i) * 3000));
    if (i % 50 === 1) {
      return Buffer.from(Float64Array.of(random(i), random(-i)).buffer).toString("hex");
    }
    return JSON.stringify({ Index: `I${i % 7}`, Date: "2026-11-26", Close: random(i) * 1e5, i });
  });
}

/** Values in a batch's bytes. @throws {UnreadableBatchError} */
function valuesIn(bytes: Uint8Array): string[] {
  const reader = new RecordReader({
    partition: 0,
    fetchOffset: 0,
    highWatermark: 1e9,
    aborted: [],
    bytes: new Uint8Array(bytes),
  });
  const values = [];
  for (let batch = reader.next(); batch !== null; batch = reader.next()) {
    for (let i = 0; i < batch.count; i++) values.push(Buffer.from(batch.value(i)!).toString());
  }
  return values;
}

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Has values compressed by another program in many ways, and reads each. @returns how many ways */
async function checkVariants(
  values: string[],
  compress: (file: string) => Promise<string>,
): Promise<number> {
  const batch = plainBatch(values);
  const file = await Deno.makeTempFile({ prefix: "ticklake-codecs-" });
  await Deno.writeFile(file, batch.subarray(HEADER_LENGTH));
  const lines = await compress(file);
  await Deno.remove(file);
  const failed: string[] = [];
  const variants = lines.trim().split("\n").map((line) => JSON.parse(line) as Variant);
  for (const { codec, name, bytes } of variants) {
    try {
      const read = valuesIn(withRecords(batch, Buffer.from(bytes, "base64"), codec));
      assert.ok(read.length === values.length && read.every((value, i) => value === values[i]));
    } catch (error) {
      failed.push(`${CODECS[codec]} ${name}: ${error}`);
    }
  }
  assert.deepEqual(failed, []);
  return variants.length;
}

serviceTest(
  "what Python's libraries compress, with every option, is read",
  { needs: ["python"] },
  async () => {
    const script = new URL("./variants.py", import.meta.url);
    for (const count of [1, 700]) {
      const compress = (file: string) => python(script, [file, `${PROPERTY.seed}`]);
      const ways = await checkVariants(sampleValues(count), compress);
      assert.ok(ways > 120, `${ways}`);
    }
  },
);

/** Runs a program in Java, with Kafka's own classes. */
async function java(script: string, args: string[]): Promise<string> {
  await installKafka();
  const source = new URL(script, import.meta.url).pathname;
  return await runTool("java", ["-cp", KAFKA_CLASS_PATH, source, ...args]);
}

serviceTest(
  "what Kafka's own client and Java's libraries compress, with every option, is read",
  { needs: ["kafka"] },
  async () => {
    const compress = (file: string) => java("./Variants.java", [file, `${PROPERTY.seed}`]);
    const ways = await checkVariants(sampleValues(700), compress);
    assert.ok(ways > 80, `${ways}`);
  },
);

serviceTest(
  "zstd that looks back further than 32 MiB is read, up to batches of 32 MiB",
  { needs: ["python"] },
  async () => {
    const values = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(2 ** 20));
    const script = new URL("./long_window.py", import.meta.url);
    assert.equal(await checkVariants(values, (file) => python(script, [file])), 3);
    const batch = plainBatch([...values, ...values]);
    const file = await Deno.makeTempFile({ prefix: "ticklake-codecs-" });
    await Deno.writeFile(file, batch.subarray(HEADER_LENGTH));
    const [line] = (await python(script, [file])).split("\n");
    await Deno.remove(file);
    const { bytes, codec } = JSON.parse(line) as Variant;
    const large = withRecords(batch, Buffer.from(bytes, "base64"), codec);
    assert.throws(() => valuesIn(large), /would take too much memory/);
  },
);

serviceTest(
  "what confluent-kafka sends, with every codec and level, is read",
  { needs: ["kafka", "confluent-client"] },
  async () => {
    const topic = uniqueName("codecs");
    const values = sampleValues(700);
    const file = await Deno.makeTempFile({ prefix: "ticklake-codecs-" });
    await Deno.writeTextFile(file, JSON.stringify(values));
    const script = new URL("./confluent_codecs.py", import.meta.url).pathname;
    const said = await runTool(Deno.env.get("TEST_CONFLUENT_PYTHON")!, [
      script,
      kafka()!,
      topic,
      file,
    ]);
    await Deno.remove(file);
    const broker = await openKafkaBroker(kafkaSettings(kafka()!));
    try {
      const [{ low, high }] = (await broker.topicOffsets(topic))!;
      const read: string[] = [];
      const unreadable: unknown[] = [];
      const options = { unreadable: (batch: UnreadableBatch) => unreadable.push(batch) };
      for await (const batch of broker.read(topic, 0, low, high, options)) {
        for (let i = 0; i < batch.count; i++) read.push(Buffer.from(batch.value(i)!).toString());
      }
      assert.deepEqual(unreadable, []);
      const ways = Number(said);
      assert.ok(ways > 40, said);
      assert.equal(read.length, ways * values.length);
      assert.ok(read.every((value, i) => value === values[i % values.length]));
    } finally {
      await broker.close();
    }
  },
);
