import assert from "node:assert/strict";
import fc from "fast-check";
import { BlockBuilder, openBlock } from "../../mod/broker/embedded/block.ts";
import { BlockBatch, type StoredBlock } from "../../mod/broker/embedded/block_batch.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { PROPERTY } from "../property_seed.ts";

interface Message {
  key: Uint8Array | null;
  value: string | Uint8Array | null;
}

const MESSAGES = fc.array(
  fc.record<Message>({
    key: fc.option(fc.uint8Array({ maxLength: 20 })),
    value: fc.oneof(
      fc.constant(null),
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: "grapheme", maxLength: 100 }),
      fc.string({ unit: "binary", maxLength: 100 }),
    ),
  }),
  { minLength: 1, maxLength: 700 },
);

function pack(messages: Message[], builder = new BlockBuilder()): Uint8Array {
  for (const { key, value } of messages) builder.add(key, value);
  return builder.finish();
}

function bytesOf(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

Deno.test("blocks give back every message, in any order of reading", () => {
  const builder = new BlockBuilder();
  fc.assert(
    fc.property(fc.array(MESSAGES, { minLength: 1, maxLength: 4 }), fc.nat(), (parts, seed) => {
      const blocks: StoredBlock[] = [];
      let first = 1000;
      for (const [i, messages] of parts.entries()) {
        const block = openBlock(pack(messages, builder), messages.length);
        blocks.push({ block, first, timestamp: 5000 + i });
        first += messages.length;
      }
      const all = parts.flatMap((messages, i) => messages.map((message) => ({ message, i })));
      const skipped = seed % parts[0].length;
      const batch = new BlockBatch(3, 1000 + skipped, blocks, 9999);
      assert.equal(batch.count, all.length - skipped);
      assert.equal(batch.nextOffset, first);
      const order = [...Array(batch.count).keys()];
      if (seed % 3 === 1) order.reverse();
      if (seed % 3 === 2) order.sort((a, b) => (a * 7919) % 31 - (b * 7919) % 31);
      for (const n of order) {
        const { message, i } = all[n + skipped];
        assert.equal(batch.offset(n), 1000 + skipped + n);
        assert.equal(batch.timestamp(n), 5000 + i);
        assert.deepEqual(batch.key(n), message.key);
        assert.deepEqual(batch.value(n), bytesOf(message.value));
      }
    }),
    PROPERTY,
  );
});

Deno.test("a block of which any byte has changed is refused", () => {
  fc.assert(
    fc.property(MESSAGES, fc.nat(), fc.integer({ min: 1, max: 255 }), (messages, at, change) => {
      const bytes = pack(messages);
      bytes[at % bytes.length] ^= change;
      assert.throws(() => openBlock(bytes, messages.length), Failure);
    }),
    PROPERTY,
  );
});

Deno.test("a block that was cut, or has another number of messages, is refused", () => {
  const messages = [{ key: null, value: "a" }, { key: null, value: "b" }];
  const bytes = pack(messages);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => openBlock(bytes.slice(0, length), 2), Failure);
  }
  for (const count of [0, 1, 3, 1e6]) assert.throws(() => openBlock(bytes, count), Failure);
});

Deno.test("a block is read from memory that is not aligned", () => {
  const bytes = pack([{ key: null, value: "unaligned" }]);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const block = openBlock(shifted.subarray(1), 1);
  const batch = new BlockBatch(0, 0, [{ block, first: 0, timestamp: 0 }], 1);
  assert.equal(new TextDecoder().decode(batch.value(0)!), "unaligned");
});

Deno.test("a message beyond the batch is an error", () => {
  const block = openBlock(pack([{ key: null, value: "a" }]), 1);
  const batch = new BlockBatch(0, 5, [{ block, first: 5, timestamp: 0 }], 6);
  assert.throws(() => batch.value(1), RangeError);
  assert.throws(() => batch.value(-1), RangeError);
});
