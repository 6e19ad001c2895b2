import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { endOffset, RecordReader } from "../../../mod/broker/kafka/record_batch_reader.ts";
import { python, serviceTest } from "../../services/services.ts";

interface Line {
  magic: 0 | 1;
  codec: number;
  count: number;
  bytes: string;
}

function readAll(bytes: Buffer, fetchOffset: number) {
  const reader = new RecordReader({
    partition: 0,
    fetchOffset,
    highWatermark: 1000,
    aborted: [],
    bytes: new Uint8Array(bytes),
  });
  const messages = [];
  for (let batch = reader.next(); batch !== null; batch = reader.next()) {
    for (let i = 0; i < batch.count; i++) {
      messages.push({
        offset: batch.offset(i),
        timestamp: batch.timestamp(i),
        key: batch.key(i) && Buffer.from(batch.key(i)!).toString(),
        value: batch.value(i) && Buffer.from(batch.value(i)!).toString(),
        headers: batch.headers(i).length,
      });
    }
  }
  return { messages, nextOffset: reader.nextOffset };
}

/**
 * What a broker makes of a set when it stores it at an offset: each message's own offset; a compressed
 * one has that of its last message, and in form 0 those within are set too, which brokers do by
 * compressing anew.
 */
function stored(line: Line, first: number): Buffer {
  const bytes = Buffer.from(line.bytes, "base64");
  if (line.codec === 0) {
    for (let at = 0, offset = first; at < bytes.length; offset++) {
      bytes.writeBigInt64BE(BigInt(offset), at);
      at += 12 + bytes.readInt32BE(at + 8);
    }
  } else {
    bytes.writeBigInt64BE(BigInt(first + line.count - 1), 0);
  }
  return bytes;
}

serviceTest(
  "messages of forms 0 and 1 are read as they were written",
  { needs: ["python"] },
  async () => {
    const lines = await python(new URL("./legacy.py", import.meta.url));
    for (const text of lines.trim().split("\n")) {
      const line = JSON.parse(text) as Line;
      const { magic, codec, count } = line;
      // Offsets within a compressed message of form 0 are absolute: this one lies at the log's beginning.
      const first = magic === 0 && codec !== 0 ? 0 : 100;
      const bytes = stored(line, first);
      const expected = Array.from({ length: count }, (_, i) => ({
        offset: first + i,
        timestamp: magic === 0 ? -1 : 1000 + i,
        key: i % 3 === 0 ? null : `key ${i}`,
        value: i % 5 === 4 ? null : i % 5 === 3 ? "" : `value ${i}`.repeat(i + 1),
        headers: 0,
      }));
      const what = JSON.stringify({ magic, codec, count });
      assert.equal(endOffset(bytes), first + count, what);
      for (const skip of [0, 1, count - 1]) {
        const { messages, nextOffset } = readAll(bytes, first + skip);
        assert.deepEqual(messages, expected.slice(skip), what);
        assert.equal(nextOffset, first + count, what);
      }
      bytes[bytes.length - 1] ^= 1;
      assert.throws(() => readAll(bytes, first), /checksum is wrong/, what);
    }
  },
);

Deno.test("a message of form 1 that is shorter than a batch's header is read", () => {
  const bytes = Buffer.alloc(34 + 1);
  bytes.writeBigInt64BE(7n, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes[16] = 1;
  bytes.writeBigInt64BE(5n, 18);
  bytes.writeInt32BE(-1, 26);
  bytes.writeInt32BE(1, 30);
  bytes.write("x", 34);
  bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
  assert.equal(endOffset(bytes), 8);
  const message = { offset: 7, timestamp: 5, key: null, value: "x", headers: 0 };
  assert.deepEqual(readAll(bytes, 7), { messages: [message], nextOffset: 8 });
});
