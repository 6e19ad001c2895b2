import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { crc32c } from "../../../mod/broker/kafka/crc32c.ts";
import {
  endOffset,
  RecordReader,
  UnreadableBatchError,
} from "../../../mod/broker/kafka/record_batch_reader.ts";

/**
 * The corpus: a name and a record batch in base64 on each line, by every codec and form. A batch that was
 * once read wrongly is added as it was found.
 */
const CORPUS = Deno.readTextFileSync(new URL("./record_batches.txt", import.meta.url))
  .trim().split("\n").map((line) => {
    const [name, base64] = line.split(" ");
    return { name, bytes: Buffer.from(base64, "base64") };
  });

/** Always the same cases; `TEST_RUNS=100000` for a long search. */
const FUZZ = { seed: 20261126, numRuns: Number(Deno.env.get("TEST_RUNS") ?? 60) };

/** Reads all there is, as a consumer does that is handed what cannot be read. */
function readAll(bytes: Uint8Array): { messages: number; unreadable: number } {
  const highWatermark = 1_000_000;
  const reader = new RecordReader(
    { partition: 0, fetchOffset: 0, highWatermark, aborted: [], bytes },
    { mostMessageBytes: 64 * 1024 },
  );
  let [messages, unreadable] = [0, 0];
  let next = reader.nextOffset;
  for (let steps = 0;; steps++) {
    assert.ok(steps < 10_000, "it makes no progress");
    try {
      const batch = reader.next();
      if (batch === null) break;
      for (let i = 0; i < batch.count; i++) {
        batch.key(i);
        batch.value(i);
        batch.timestamp(i);
      }
      messages += batch.count;
    } catch (error) {
      assert.ok(error instanceof UnreadableBatchError, String(error));
      assert.ok(error.end > error.first, `${error.first} to ${error.end}`);
      unreadable++;
      if (!reader.skip(error)) break;
    }
    assert.ok(reader.nextOffset >= next, "it goes back");
    next = reader.nextOffset;
  }
  return { messages, unreadable };
}

/** Makes the checksum fit the bytes, so that the damage gets further in. */
function seal(bytes: Buffer): void {
  if (bytes.length < 61) return;
  if (bytes[16] === 2) bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  else bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
}

Deno.test("every batch of the corpus is read", () => {
  assert.ok(CORPUS.length >= 20);
  for (const { name, bytes } of CORPUS) {
    const { messages, unreadable } = readAll(new Uint8Array(bytes));
    assert.deepEqual([unreadable, messages >= 2], [0, true], name);
  }
});

Deno.test("a damaged batch of the corpus is read or handed over, and nothing else happens", () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  for (const { name, bytes } of CORPUS) {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.option(fc.nat(bytes.length), { nil: undefined }),
        (changes, isSealed, cutAt) => {
          const damaged = Buffer.from(bytes);
          // Not the length: a batch that is cut off waits for the next fetch.
          for (const { at, byte } of changes) damaged[12 + at % (damaged.length - 12)] = byte;
          if (isSealed) seal(damaged);
          endOffset(damaged);
          readAll(new Uint8Array(cutAt === undefined ? damaged : damaged.subarray(0, cutAt)));
        },
      ),
      { ...FUZZ, verbose: 1 },
    );
    assert.ok(name);
  }
});

Deno.test("found: an old message whose form reads 2, cut off behind that, is handed over", () => {
  const { bytes } = CORPUS.find(({ name }) => name === "form-1-none")!;
  const damaged = new Uint8Array(bytes.subarray(0, 17));
  damaged[16] = 2;
  assert.deepEqual(readAll(damaged), { messages: 0, unreadable: 1 });
});
