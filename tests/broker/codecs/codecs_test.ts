import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { RecordReader } from "../../../mod/broker/kafka/record_batch_reader.ts";
import { PROPERTY } from "../../property_seed.ts";
import { python, serviceTest } from "../../services/services.ts";
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

serviceTest(
  "what Python's libraries compress, with every option, is read",
  { needs: ["python"] },
  async () => {
    for (const count of [1, 700]) {
      const values = sampleValues(count);
      const batch = plainBatch(values);
      const file = await Deno.makeTempFile({ prefix: "ticklake-codecs-" });
      await Deno.writeFile(file, batch.subarray(HEADER_LENGTH));
      const script = new URL("./variants.py", import.meta.url);
      const lines = await python(script, [file, `${PROPERTY.seed}`]);
      await Deno.remove(file);
      const failed: string[] = [];
      const variants = lines.trim().split("\n").map((line) => JSON.parse(line) as Variant);
      for (const { codec, name, bytes } of variants) {
        try {
          const read = valuesIn(withRecords(batch, Buffer.from(bytes, "base64"), codec));
          assert.ok(read.length === count && read.every((value, i) => value === values[i]));
        } catch (error) {
          failed.push(`${CODECS[codec]} ${name}: ${error}`);
        }
      }
      assert.ok(variants.length > 120, `${variants.length}`);
      assert.deepEqual(failed, []);
    }
  },
);
