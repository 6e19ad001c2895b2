import assert from "node:assert/strict";
import { murmur2, partitionOfKey } from "../../mod/broker/murmur2.ts";

const encoder = new TextEncoder();

/** The cases of Kafka's own UtilsTest.testMurmur2. */
const KNOWN: ReadonlyArray<readonly [text: string, hash: number]> = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];

Deno.test("murmur2() gives the hashes that Kafka's gives", () => {
  for (const [text, hash] of KNOWN) assert.equal(murmur2(encoder.encode(text)), hash, text);
});

const HIGH_BYTES: ReadonlyArray<readonly [bytes: number[], hash: number]> = [
  [[255], -311467685],
  [[128, 254], 1316928818],
  [[1, 128, 255], 1911645292],
  [[255, 254, 253, 252], 2136149935],
  [[195, 169, 0, 255, 128], 571727096],
  [[128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128], 532475293],
];

Deno.test("murmur2() reads bytes above 127 as Kafka does, wherever they stand", () => {
  // Computed with kafka-python's kafka.partitioner.default.murmur2.
  for (const [bytes, hash] of HIGH_BYTES) {
    assert.equal(murmur2(Uint8Array.from(bytes)), hash, `${bytes}`);
  }
});

Deno.test("partitionOfKey() never leaves the topic's partitions", () => {
  for (let i = 0; i < 1000; i++) {
    const key = crypto.getRandomValues(new Uint8Array(i % 20));
    for (const partitions of [1, 3, 1000]) {
      const partition = partitionOfKey(key, partitions);
      assert.ok(Number.isInteger(partition) && partition >= 0 && partition < partitions);
    }
  }
});
