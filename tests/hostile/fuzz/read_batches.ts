import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { crc32c } from "../../../mod/broker/kafka/crc32c.ts";
import {
  RecordReader,
  UnreadableBatchError,
} from "../../../mod/broker/kafka/record_batch_reader.ts";

/** Bytes that a message may have; of a longer one the beginning is kept. */
const MOST_MESSAGE_BYTES = 64 * 1024;

/** Length of the header of a batch in the current format. */
const HEADER_BYTES = 61;

/**
 * Reads all that there is, as a consumer does that is handed what cannot be read.
 * @throws {assert.AssertionError} when the reader goes back, stays where it is, or hands over no offsets
 */
export function readBatches(bytes: Uint8Array): { messages: number; unreadable: number } {
  const highWatermark = 1_000_000;
  const reader = new RecordReader(
    { partition: 0, fetchOffset: 0, highWatermark, aborted: [], bytes },
    { mostMessageBytes: MOST_MESSAGE_BYTES },
  );
  let [messages, unreadable] = [0, 0];
  let next = reader.nextOffset;
  // A batch is read in parts, by its bytes: one that becomes a gigabyte has many.
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

/** The same with a length and a checksum that fit, so that damage gets further in; as it is where it is too short. */
export function sealed(bytes: Uint8Array): Uint8Array {
  const batch = Buffer.from(bytes);
  if (batch.length < HEADER_BYTES) return batch;
  batch.writeInt32BE(batch.length - 12, 8);
  if (batch[16] === 2) batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  else batch.writeUInt32BE(crc32(batch.subarray(16)), 12);
  return batch;
}
