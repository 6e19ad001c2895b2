import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import kafkajsMurmur2 from "kafkajs/src/producer/partitioners/default/murmur2.js";
import kafkajsCrc32c from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import { crc32c } from "../../mod/broker/kafka/crc32c.ts";
import { murmur2, partitionOfKey } from "../../mod/broker/murmur2.ts";
import { PROPERTY } from "../property_seed.ts";

Deno.test("murmur2 and the partition are kafkajs's for every key", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 1, max: 64 }), (key, n) => {
      const hash = kafkajsMurmur2(Buffer.from(key));
      assert.equal(murmur2(key), hash);
      assert.equal(partitionOfKey(key, n), (hash & 0x7fffffff) % n);
    }),
    PROPERTY,
  );
});

Deno.test("CRC-32C of many blocks is the same wherever they begin in memory", () => {
  const random = Uint8Array.from({ length: 10_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
  for (let offset = 0; offset < 8; offset++) {
    for (const length of [4096, 4097, 8191, 9990]) {
      const bytes = random.subarray(offset, offset + length);
      assert.equal(crc32c(bytes, 1, length), kafkajsCrc32c(Buffer.from(bytes.slice(1))));
    }
  }
});

Deno.test("CRC-32C of a part is kafkajs's of the whole", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789"), 0, 9), 0xe3069283);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
      const [start, end] = [a, b].map((at) => Math.min(at, bytes.length)).sort((a, b) => a - b);
      assert.equal(crc32c(bytes, start, end), kafkajsCrc32c(Buffer.from(bytes.slice(start, end))));
    }),
    PROPERTY,
  );
});
