import assert from "node:assert/strict";
import { corpusOf } from "./fuzz.ts";
import { readBatches } from "./read_batches.ts";
import { TARGETS } from "./targets.ts";

const CORPUS = corpusOf(TARGETS.find(({ name }) => name === "record-batch")!);

Deno.test("every batch of the corpus is read", () => {
  assert.ok(CORPUS.length >= 20);
  for (const [name, bytes] of CORPUS) {
    const { messages, unreadable } = readBatches(bytes);
    assert.deepEqual([unreadable, messages >= 2], [0, true], name);
  }
});

Deno.test("found: an old message whose form reads 2, cut off behind that, is handed over", () => {
  const [, bytes] = CORPUS.find(([name]) => name === "form-1-none")!;
  const damaged = bytes.slice(0, 17);
  damaged[16] = 2;
  assert.deepEqual(readBatches(damaged), { messages: 0, unreadable: 1 });
});
