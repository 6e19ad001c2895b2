import { Buffer } from "node:buffer";
import { crc32c } from "../../../mod/broker/kafka/crc32c.ts";
import { RecordBatchWriter } from "../../../mod/broker/kafka/record_batch_writer.ts";

/** Length of a record batch's header. */
export const HEADER_LENGTH = 61;

/** A record batch that is not compressed, at offset 0. */
export function plainBatch(values: Array<Uint8Array | string>): Buffer {
  const bytes = values.map((value) => Buffer.from(value as string));
  const size = bytes.reduce((sum, { length }) => sum + length + 40, HEADER_LENGTH);
  const writer = new RecordBatchWriter(Buffer.alloc(size));
  for (const value of bytes) writer.add(null, value, 1_700_000_000_000);
  return Buffer.from(writer.finish({ id: -1n, epoch: -1 }, -1));
}

/** The same batch with its records compressed by a codec, at an offset. */
export function withRecords(
  batch: Buffer,
  records: Uint8Array,
  codec: number,
  firstOffset = 0,
): Buffer {
  const bytes = Buffer.concat([batch.subarray(0, HEADER_LENGTH), records]);
  bytes.writeBigInt64BE(BigInt(firstOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt16BE(codec, 21);
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  return bytes;
}
