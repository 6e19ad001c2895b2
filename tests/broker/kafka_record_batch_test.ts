import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import Record from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import { RecordBatch as kafkajsRecordBatch } from "kafkajs/src/protocol/recordBatch/v0/index.js";
import type { RecordBatch } from "../../mod/broker/broker.ts";
import { crc32c } from "../../mod/broker/kafka/crc32c.ts";
import { RecordReader, UnreadableBatchError } from "../../mod/broker/kafka/record_batch_reader.ts";
import { RecordBatchWriter } from "../../mod/broker/kafka/record_batch_writer.ts";
import { PROPERTY } from "../property_seed.ts";

interface Message {
  key: Buffer | null;
  value: Buffer | null;
  /** Milliseconds after {@linkcode FIRST_TIMESTAMP}. */
  delta: number;
  headers?: { [name: string]: Buffer | Buffer[] };
}

interface BatchOptions {
  firstOffset?: number;
  compression?: number;
  transactional?: boolean;
  producerId?: number;
}

const FIRST_TIMESTAMP = Date.UTC(2026, 10, 24);

/** A record batch as kafkajs writes it. */
async function batchOf(messages: Message[], options: BatchOptions = {}): Promise<Buffer> {
  const { firstOffset = 0, producerId = 7, ...rest } = options;
  const records = messages.map(({ delta, ...message }, offsetDelta) =>
    Record({ ...message, offsetDelta, timestampDelta: delta })
  );
  const encoder = await kafkajsRecordBatch({
    ...rest,
    partitionLeaderEpoch: -1,
    firstTimestamp: FIRST_TIMESTAMP,
    maxTimestamp: FIRST_TIMESTAMP + messages.reduce((most, { delta }) => Math.max(most, delta), 0),
    producerId,
    producerEpoch: 3,
    firstSequence: 11,
    lastOffsetDelta: messages.length - 1,
    records,
  });
  const bytes = Buffer.from(encoder.buffer);
  bytes.writeBigInt64BE(BigInt(firstOffset), 0);
  return bytes;
}

function readerOf(bytes: Uint8Array, from = 0, aborted: Array<[id: number, first: number]> = []) {
  return new RecordReader({
    partition: 2,
    fetchOffset: from,
    highWatermark: Number.MAX_SAFE_INTEGER,
    aborted: aborted.map(([id, firstOffset]) => ({ producerId: BigInt(id), firstOffset })),
    bytes: new Uint8Array(bytes),
  });
}

function readAll(reader: RecordReader): RecordBatch[] {
  const batches = [];
  for (let batch = reader.next(); batch !== null; batch = reader.next()) batches.push(batch);
  return batches;
}

function messagesOf(batch: RecordBatch) {
  return Array.from({ length: batch.count }, (_, i) => ({
    offset: batch.offset(i),
    delta: batch.timestamp(i) - FIRST_TIMESTAMP,
    key: batch.key(i) && Buffer.from(batch.key(i)!),
    value: batch.value(i) && Buffer.from(batch.value(i)!),
    headers: batch.headers(i).map(([name, value]) => [name, value && Buffer.from(value)]),
  }));
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const nullable = fc.option(bytes, { nil: null });
const message: fc.Arbitrary<Message> = fc.record({
  key: nullable,
  value: nullable,
  delta: fc.oneof(fc.nat(100), fc.nat(2 ** 30 - 1)),
});
const headers = fc.dictionary(fc.string({ minLength: 1, unit: "grapheme" }), bytes, { maxKeys: 3 });

Deno.test("a batch has the very bytes that kafkajs writes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 80 }), async (messages) => {
      messages[0].delta = 0;
      const writer = new RecordBatchWriter(Buffer.alloc(100_000));
      for (const { key, value, delta } of messages) {
        assert.ok(writer.add(key, value, FIRST_TIMESTAMP + delta));
      }
      const written = writer.finish({ id: 7n, epoch: 3 }, 11);
      assert.equal(written.length, writer.length);
      assert.deepEqual(written, await batchOf(messages));
    }),
    PROPERTY,
  );
});

Deno.test("what kafkajs writes is read, with headers and gzip, from any offset on", async () => {
  const batch = fc.array(
    fc.record({ key: nullable, value: nullable, delta: fc.nat(5000), headers }),
    { minLength: 1, maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 1),
      fc.nat(20),
      fc.nat(2 ** 40),
      async (batches, compression, skip, base) => {
        const parts = [];
        let firstOffset = base;
        for (const messages of batches) {
          parts.push(await batchOf(messages, { firstOffset, compression }));
          firstOffset += messages.length;
        }
        const from = base + Math.min(skip, batches[0].length - 1);
        const read = readAll(readerOf(Buffer.concat(parts), from));
        const expected = batches.flat().map(({ headers, ...message }, i) => ({
          offset: base + i,
          ...message,
          headers: Object.entries(headers!),
        }));
        assert.deepEqual(read.flatMap(messagesOf), expected.slice(from - base));
        assert.equal(read.at(-1)!.nextOffset, firstOffset);
      },
    ),
    PROPERTY,
  );
});

Deno.test("a batch of 200,000 small records is read", async () => {
  const messages = Array.from({ length: 200_000 }, () => ({ key: null, value: null, delta: 0 }));
  const batches = readAll(readerOf(await batchOf(messages)));
  const offsets = batches.flatMap((batch) => messagesOf(batch).map(({ offset }) => offset));
  assert.deepEqual(offsets, messages.map((_, i) => i));
  assert.ok(batches.length > 1, "in several pieces");
});

Deno.test("timestamps keep all of their bits", async () => {
  const deltas = [0, -1, 1, 2 ** 31, -(2 ** 31), 2 ** 40, -(2 ** 40) - 1];
  const [batch] = readAll(readerOf(
    await batchOf(deltas.map((delta) => ({ key: null, value: null, delta }))),
  ));
  assert.deepEqual(messagesOf(batch).map(({ delta }) => delta), deltas);
});

const COMMIT = Buffer.from([0, 0, 0, 1]);
const ABORT = Buffer.from([0, 0, 0, 0]);

/** The marker that ends a producer's transaction. */
async function marker(firstOffset: number, producerId: number, key: Buffer): Promise<Buffer> {
  const batch = await batchOf([{ key, value: Buffer.alloc(6), delta: 0 }], {
    firstOffset,
    producerId,
    transactional: true,
  });
  batch.writeInt16BE(batch.readInt16BE(21) | 0x20, 21);
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}

Deno.test("aborted transactions and markers are passed over, others are not", async () => {
  const text = (value: string) => ({ key: null, value: Buffer.from(value), delta: 0 });
  const of = (firstOffset: number, producerId: number, value: string) =>
    batchOf([text(value)], { firstOffset, producerId, transactional: true });
  const parts = Buffer.concat([
    await of(0, 1, "committed"),
    await of(1, 2, "aborted"),
    await batchOf([text("plain")], { firstOffset: 2, producerId: 2 }),
    await marker(3, 1, COMMIT),
    await of(4, 2, "aborted too"),
    await marker(5, 2, ABORT),
    await of(6, 2, "committed after an abort"),
    await marker(7, 2, COMMIT),
    await of(8, 2, "aborted again"),
    await marker(9, 2, ABORT),
  ]);
  const read = readAll(readerOf(parts, 0, [[2, 1], [2, 8]]));
  const values = read.flatMap(messagesOf).map(({ value }) => value!.toString());
  assert.deepEqual(values, ["committed", "plain", "committed after an abort"]);
  assert.equal(read.at(-1)!.nextOffset, 10);

  const passedOver = readAll(readerOf(parts.subarray(-2 * marker.length), 8, [[2, 8]]));
  assert.ok(passedOver.every(({ count }) => count === 0));
});

Deno.test("a batch that is cut off is left for the next fetch", async () => {
  const one = await batchOf([{ key: null, value: Buffer.from("one"), delta: 0 }]);
  const two = await batchOf([{ key: null, value: Buffer.from("two"), delta: 0 }], {
    firstOffset: 1,
  });
  for (let length = one.length; length < one.length + two.length; length++) {
    const [batch, ...more] = readAll(readerOf(Buffer.concat([one, two]).subarray(0, length)));
    assert.deepEqual([batch.count, batch.nextOffset, more.length], [1, 1, 0]);
  }
});

Deno.test("what cannot be read is an error that says where, after what can be read", async () => {
  const good = await batchOf([{ key: null, value: Buffer.from("good"), delta: 0 }]);
  const spoil = async (change: (bytes: Buffer) => void, checksum: boolean) => {
    const bad = await batchOf(
      [{ key: null, value: Buffer.from("bad value"), delta: 0 }, {
        key: null,
        value: null,
        delta: 0,
      }],
      { firstOffset: 1 },
    );
    change(bad);
    if (checksum) bad.writeUInt32BE(crc32c(bad, 21, bad.length), 17);
    return readerOf(Buffer.concat([good, bad]));
  };
  const cases: Array<[change: (bytes: Buffer) => void, checksum: boolean, message: RegExp]> = [
    [(bytes) => bytes[70] ^= 1, false, /checksum is wrong/],
    [(bytes) => bytes[22] |= 5, true, /codec 5, expected gzip, snappy, lz4 or zstd/],
    [(bytes) => bytes[22] |= 1, true, /not valid gzip/],
    [(bytes) => bytes[22] |= 2, true, /not valid snappy/],
    [(bytes) => bytes[22] |= 3, true, /not valid lz4/],
    [(bytes) => bytes[22] |= 4, true, /not valid zstd/],
    [(bytes) => bytes.writeInt32BE(3, 57), true, /cut off in record 2/],
    [(bytes) => bytes.writeInt32BE(2 ** 31 - 1, 57), true, /cut off in record 2/],
    [(bytes) => bytes.writeInt32BE(-1, 57), true, /said to hold -1 records/],
    [(bytes) => bytes[61] = 0x7e, true, /cut off in record 0/],
    [(bytes) => bytes[66] = 0x7e, true, /wrong about the lengths in record 0/],
    [(bytes) => bytes[16] = 3, true, /its version is 3/],
  ];
  for (const [change, checksum, message] of cases) {
    const reader = await spoil(change, checksum);
    const before = messagesOf(reader.next()!);
    assert.equal(before[0].value!.toString(), "good");
    const next = before.at(-1)!.offset + 1;
    for (let i = 0; i < 2; i++) {
      assert.throws(() => reader.next(), (error) => {
        assert.ok(error instanceof UnreadableBatchError, String(error));
        assert.match(error.message, message);
        assert.match(error.message, new RegExp(`partition 2, offsets ${next} to`));
        assert.equal(error.first, next);
        return true;
      });
    }
  }
});

Deno.test("bytes of any kind never make the reader hang or fail otherwise", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      try {
        readAll(readerOf(noise));
      } catch (error) {
        assert.ok(error instanceof UnreadableBatchError, String(error));
      }
    }),
    PROPERTY,
  );
});

Deno.test("damage to a batch whose checksum is made right again never gets further", async () => {
  const message = { key: Buffer.from("k"), value: Buffer.from("value"), delta: 1 };
  const whole = await batchOf(Array.from({ length: 5 }, () => message));
  fc.assert(
    fc.property(fc.integer({ min: 23, max: whole.length - 1 }), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(whole);
      damaged[at] = byte;
      damaged.writeUInt32BE(crc32c(damaged, 21, damaged.length), 17);
      try {
        for (const batch of readAll(readerOf(damaged))) messagesOf(batch);
      } catch (error) {
        assert.ok(error instanceof UnreadableBatchError, String(error));
      }
    }),
    PROPERTY,
  );
});

Deno.test("a compressed batch is shorter, and read as it was; one that would be longer is not", () => {
  const write = (value: Uint8Array, compression: "none" | "gzip" | "snappy" | "zstd") => {
    const writer = new RecordBatchWriter(Buffer.alloc(300_000));
    for (let i = 0; i < 100; i++) writer.add(null, value, FIRST_TIMESTAMP);
    return writer.finish({ id: 7n, epoch: 0 }, 0, compression);
  };
  const row = Buffer.from(JSON.stringify({ Index: "NYA", Close: 1234.5, Volume: 0 }).repeat(30));
  const plain = write(row, "none");
  for (const [compression, codec] of [["gzip", 1], ["snappy", 2], ["zstd", 4]] as const) {
    const bytes = write(row, compression);
    assert.ok(bytes.length < plain.length / 5, compression);
    assert.equal(bytes.readInt16BE(21), codec);
    const [batch] = readAll(readerOf(bytes));
    assert.deepEqual(messagesOf(batch).map(({ value }) => value), Array(100).fill(row));
  }
  const single = new RecordBatchWriter(Buffer.alloc(300));
  single.add(null, crypto.getRandomValues(new Uint8Array(100)), FIRST_TIMESTAMP);
  assert.equal(single.finish({ id: 7n, epoch: 0 }, 0, "zstd").readInt16BE(21), 0);
});
