import { Buffer } from "node:buffer";
import { type BatchCompression, compressRecords } from "./codecs/compress.ts";
import { crc32c } from "./crc32c.ts";
import { Messages } from "./messages.ts";

/** Length of a record batch's header. */
const HEADER_LENGTH = 61;

/** Maximum bytes of a record besides its key and value. */
const RECORD_OVERHEAD = 5 + 1 + 10 + 5 + 5 + 5 + 1;

/** Length of a null key or value. */
const NO_BYTES = -1;

/**
 * Maximum milliseconds between two records of a batch, so that {@linkcode writeVarint} can write
 * the difference.
 */
const MOST_TIME = 2 ** 30 - 1;

/** An idempotent producer's identity at the broker. */
export interface ProducerIdentity {
  id: bigint;
  epoch: number;
}

/**
 * Writes one record batch (format 2) directly into its buffer, which is compressed at the end, if
 * at all. kafkajs's own encoder makes several objects and copies of each record: it writes about
 * 120,000 records a second, this one over a million.
 */
export class RecordBatchWriter {
  /** Number of records. */
  count = 0;
  #bytes: Buffer;
  #end = HEADER_LENGTH;
  #firstTimestamp = 0;
  #lastTimestamp = 0;

  /** @param bytes initial buffer; it grows if a single record needs more */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Length of the batch in bytes. */
  get length(): number {
    return this.#end;
  }

  /** The buffer, for reuse after this batch. */
  get memory(): Buffer {
    return this.#bytes;
  }

  /**
   * Adds a record; `false` if there is no room (there always is for the first one).
   * @param timestamp milliseconds since 1970
   */
  add(key: Uint8Array | null, value: Uint8Array | null, timestamp: number): boolean {
    const keyLength = key === null ? NO_BYTES : key.length;
    const valueLength = value === null ? NO_BYTES : value.length;
    const most = RECORD_OVERHEAD + Math.max(0, keyLength) + Math.max(0, valueLength);
    if (this.count === 0) {
      this.#firstTimestamp = this.#lastTimestamp = timestamp;
      if (this.#end + most > this.#bytes.length) {
        this.#bytes = Buffer.allocUnsafe(HEADER_LENGTH + most);
      }
    }
    const delta = timestamp - this.#firstTimestamp;
    if (this.#end + most > this.#bytes.length || Math.abs(delta) > MOST_TIME) return false;
    this.#lastTimestamp = Math.max(this.#lastTimestamp, timestamp);
    const bytes = this.#bytes;
    const length = 1 + varintLength(delta) + varintLength(this.count) +
      varintLength(keyLength) + Math.max(0, keyLength) +
      varintLength(valueLength) + Math.max(0, valueLength) + 1;
    let at = writeVarint(bytes, this.#end, length);
    bytes[at++] = 0; // Attributes: unused.
    at = writeVarint(bytes, at, delta);
    at = writeVarint(bytes, at, this.count);
    at = writeVarint(bytes, at, keyLength);
    if (key !== null) {
      bytes.set(key, at);
      at += keyLength;
    }
    at = writeVarint(bytes, at, valueLength);
    if (value !== null) {
      bytes.set(value, at);
      at += valueLength;
    }
    bytes[at++] = 0; // No headers.
    this.#end = at;
    this.count++;
    return true;
  }

  /**
   * The batch's final bytes.
   * @param sequence sequence number of the first record within the partition
   */
  finish(
    producer: ProducerIdentity,
    sequence: number,
    compression: BatchCompression = "none",
  ): Buffer {
    const plain = this.#bytes.subarray(0, this.#end);
    if (compression === "none") return this.#seal(plain, 0, producer, sequence);
    const records = compressRecords(compression, plain.subarray(HEADER_LENGTH));
    if (records.codec === 0) return this.#seal(plain, 0, producer, sequence);
    const bytes = Buffer.allocUnsafe(HEADER_LENGTH + records.bytes.length);
    bytes.set(records.bytes, HEADER_LENGTH);
    return this.#seal(bytes, records.codec, producer, sequence);
  }

  /** Splits this batch in two, in order; it must have at least two messages. */
  split(): [RecordBatchWriter, RecordBatchWriter] {
    const all = new Messages({ partition: 0, highWatermark: 0 });
    const records = this.#bytes.subarray(HEADER_LENGTH, this.#end);
    const run = {
      ...{ at: 0, left: this.count, count: this.count, firstOffset: 0, from: 0 },
      ...{ firstTimestamp: this.#firstTimestamp, timestamp: undefined, mostRecordBytes: Infinity },
    };
    while (run.left > 0) all.add(records, run);
    const half = (from: number, to: number) => {
      const writer = new RecordBatchWriter(Buffer.allocUnsafe(this.#end));
      for (let i = from; i < to; i++) writer.add(all.key(i), all.value(i), all.timestamp(i));
      return writer;
    };
    const middle = this.count >> 1;
    return [half(0, middle), half(middle, this.count)];
  }

  /** Writes the header before a batch's records. */
  #seal(bytes: Buffer, codec: number, producer: ProducerIdentity, sequence: number): Buffer {
    bytes.writeBigInt64BE(0n, 0); // First offset: the broker's.
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt32BE(-1, 12); // Leader epoch: the broker's.
    bytes.writeInt8(2, 16);
    bytes.writeInt16BE(codec, 21); // The producer's time, no transaction.
    bytes.writeInt32BE(this.count - 1, 23);
    bytes.writeBigInt64BE(BigInt(this.#firstTimestamp), 27);
    bytes.writeBigInt64BE(BigInt(this.#lastTimestamp), 35);
    bytes.writeBigInt64BE(producer.id, 43);
    bytes.writeInt16BE(producer.epoch, 51);
    bytes.writeInt32BE(sequence, 53);
    bytes.writeInt32BE(this.count, 57);
    bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
    return bytes;
  }
}

/** Length in bytes of a number of up to 31 bits as a zigzag varint. */
function varintLength(value: number): number {
  const zigzag = (value << 1) ^ (value >> 31);
  if ((zigzag & ~0x7f) === 0) return 1;
  if ((zigzag & ~0x3fff) === 0) return 2;
  if ((zigzag & ~0x1fffff) === 0) return 3;
  return (zigzag & ~0xfffffff) === 0 ? 4 : 5;
}

function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let zigzag = (value << 1) ^ (value >> 31);
  while ((zigzag & ~0x7f) !== 0) {
    bytes[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}
