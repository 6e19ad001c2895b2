import { messageOf } from "../../failure/failure.ts";
import type { RecordBatch, UnreadableBatch } from "../broker.ts";
import { uncompressedPieces } from "./codecs/codecs.ts";
import { crc32c } from "./crc32c.ts";
import { isLegacyIntact, LegacyMessages, shortestLegacyLength } from "./legacy_message.ts";
import { Messages, recordHead } from "./messages.ts";
import { OpenBatch } from "./open_batch.ts";

/** An aborted transaction: its producer's records from `firstOffset` on are discarded. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

/** One partition's record batches from one fetch, as the broker stores them. */
export interface FetchedRecords {
  partition: number;
  /** The requested offset; the broker may send a batch that begins before it. */
  fetchOffset: number;
  highWatermark: number;
  aborted: AbortedTransaction[];
  /** Record batches; the last one may be cut off by the fetch's size limit. */
  bytes: Uint8Array;
  /** Releases the bytes' memory at once; absent if it is shared. They cannot be read afterwards. */
  release?(): void;
}

/** A record batch that cannot be read: damaged, or in an unknown format. */
export class UnreadableBatchError extends Error implements UnreadableBatch {
  readonly first: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly reason: string;
  /** Whether its bytes are damaged, so that fetching it again may help. */
  readonly isDamaged: boolean;

  constructor(
    partition: number,
    batch: UnreadableBatch,
    options: { cause?: unknown; isDamaged: boolean },
  ) {
    const { first, end, bytes, reason } = batch;
    const what = `the record batch of partition ${partition}, offsets ${first} to ${end - 1}`;
    super(`${what}, cannot be read: ${reason}`, options);
    this.name = "UnreadableBatchError";
    this.first = first;
    this.end = end;
    this.bytes = bytes;
    this.reason = reason;
    this.isDamaged = options.isDamaged;
  }
}

/**
 * Length of a record batch's header, including the two fields that its length field does not count.
 */
const HEADER_LENGTH = 61;

/** Maximum bytes of a message that is kept whole. */
const MOST_MESSAGE_BYTES = 16 * 2 ** 20;

/**
 * How far a batch may be beyond the high watermark of its fetch: the broker determines that before
 * it reads, and others write meanwhile.
 */
const MOST_AHEAD = 2 ** 31;

/** Where the magic byte, the batch's format version, ends. */
const MAGIC_END = 17;

const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** Offset after the last whole record batch; `null` if there is none. */
export function endOffset(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset: number | null = null;
  for (let at = 0; at + MAGIC_END <= view.byteLength;) {
    const end = at + 12 + view.getInt32(at + 8);
    if (end > view.byteLength || end < at + shortestLength(view, at)) break;
    offset = offsetAfter(view, at);
    at = end;
  }
  return offset;
}

/** Options of {@linkcode RecordReader}. */
export interface RecordReaderOptions {
  /** Maximum bytes of a message that is kept whole. @default {16 MiB} */
  mostMessageBytes?: number;
}

/**
 * Reads the result of a fetch piece by piece: compressed batches are opened only when needed, and
 * large ones as they are read. Control records and records of aborted transactions are skipped.
 */
export class RecordReader {
  readonly #fetched: FetchedRecords;
  readonly #mostMessageBytes: number;
  readonly #view: DataView;
  readonly #abortedProducers = new Set<bigint>();
  /** Offset after the last message that {@linkcode RecordReader.next} returned or skipped. */
  nextOffset: number;
  #at = 0;
  #nextAborted = 0;
  /** The batch at `#at`, if part of it has been read. */
  #open: { header: BatchHeader; batch: OpenBatch | LegacyMessages } | null = null;
  #failed: UnreadableBatchError | null = null;

  constructor(fetched: FetchedRecords, options: RecordReaderOptions = {}) {
    this.#fetched = fetched;
    this.#mostMessageBytes = options.mostMessageBytes ?? MOST_MESSAGE_BYTES;
    this.nextOffset = fetched.fetchOffset;
    const { buffer, byteOffset, byteLength } = fetched.bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  /**
   * The next messages, about a MiB of them; `null` after the last. `count` is 0 if all were
   * skipped, or while a large one is being read.
   * @throws {UnreadableBatchError} until it is {@linkcode RecordReader.skip}ped
   */
  next(): RecordBatch | null {
    if (this.#failed !== null) throw this.#failed;
    const messages = new Messages(this.#fetched);
    let hasRead = false;
    try {
      while (!messages.isFull) {
        const header = this.#open?.header ?? this.#nextBatch();
        if (header === null) break;
        if (this.#open !== null || this.#counts(header)) {
          const { batch } = this.#open ??= { header, batch: this.#openBatch(header) };
          batch.read(messages);
          hasRead = true;
          if (!batch.isDone) {
            if (messages.count > 0) {
              this.nextOffset = Math.max(this.nextOffset, messages.offset(messages.count - 1) + 1);
            }
            break;
          }
        }
        hasRead = true;
        this.#close(header);
      }
    } catch (error) {
      // What can be read before it is delivered first.
      if (messages.count > 0) {
        this.nextOffset = Math.max(this.nextOffset, messages.offset(messages.count - 1) + 1);
      }
      this.#failed = error instanceof UnreadableBatchError ? error : this.#unopened(error);
      if (!hasRead && messages.count === 0) throw this.#failed;
    }
    if (!hasRead && messages.count === 0) return null;
    messages.nextOffset = this.nextOffset;
    return messages;
  }

  /** The batch has been read or skipped. */
  #close({ lastOffset, end }: BatchHeader): void {
    this.nextOffset = Math.max(this.nextOffset, lastOffset + 1);
    this.#at = end;
    this.#open = null;
  }

  /**
   * Continues after a batch that {@linkcode RecordReader.next} could not read; `false` if nothing
   * follows, or it is unknown where the batch ends.
   */
  skip({ end, bytes }: UnreadableBatchError): boolean {
    this.nextOffset = end;
    this.#at += bytes.length;
    this.#open = null;
    this.#failed = null;
    return bytes.length > 0 && this.#at + MAGIC_END <= this.#view.byteLength;
  }

  #nextBatch(): BatchHeader | null {
    const view = this.#view;
    const at = this.#at;
    if (at + MAGIC_END > view.byteLength) return null;
    const end = at + 12 + view.getInt32(at + 8);
    if (end < at + shortestLength(view, at)) throw this.#unreadable(at, at, "it is incomplete");
    if (end > view.byteLength) return null;
    const magic = view.getInt8(at + 16);
    if (magic < 0 || magic > 2) {
      throw this.#unreadable(at, end, `its version is ${magic}, expected 0, 1 or 2`);
    }
    const firstOffset = Number(view.getBigInt64(at));
    const lastOffset = offsetAfter(view, at) - 1;
    // The checksum does not cover the offset.
    const isOutside = firstOffset < 0 ||
      lastOffset > this.#fetched.highWatermark + MOST_AHEAD;
    if (isOutside || !this.#isIntact(at, end, magic)) {
      // Brokers look batches up by the offsets that they claim, so one that claims too many would
      // be returned again.
      if (this.#isBefore(end, this.nextOffset)) {
        this.#at = end;
        return this.#nextBatch();
      }
      const reason = isOutside
        ? `its offset is ${view.getBigInt64(at)}, outside the partition`
        : "its checksum is wrong";
      throw this.#unreadable(at, end, reason);
    }
    // Formats 0 and 1 have no transactions.
    const attributes = magic === 2 ? view.getInt16(at + 21) : 0;
    return { at, end, magic, firstOffset, lastOffset, attributes };
  }

  #isIntact(at: number, end: number, magic: number): boolean {
    const { bytes } = this.#fetched;
    if (magic < 2) return isLegacyIntact(bytes.subarray(at, end));
    return crc32c(bytes, at + 21, end) === this.#view.getUint32(at + 17);
  }

  /** Whether a batch begins at `at` whose first offset is not after `offset`. */
  #isBefore(at: number, offset: number): boolean {
    return at + 8 <= this.#view.byteLength && Number(this.#view.getBigInt64(at)) <= offset;
  }

  /** Whether a batch holds messages, considering aborted transactions. */
  #counts({ at, lastOffset, attributes }: BatchHeader): boolean {
    const { aborted, bytes } = this.#fetched;
    if ((attributes & TRANSACTIONAL) === 0) return (attributes & CONTROL) === 0;
    while (
      this.#nextAborted < aborted.length && aborted[this.#nextAborted].firstOffset <= lastOffset
    ) {
      this.#abortedProducers.add(aborted[this.#nextAborted++].producerId);
    }
    const producer = this.#view.getBigInt64(at + 43);
    if ((attributes & CONTROL) === 0) return !this.#abortedProducers.has(producer);
    if (isAbortMarker(bytes, at + HEADER_LENGTH)) this.#abortedProducers.delete(producer);
    return false;
  }

  #openBatch({ at, end, magic, firstOffset, attributes }: BatchHeader): OpenBatch | LegacyMessages {
    const view = this.#view;
    if (magic < 2) {
      const { bytes, fetchOffset } = this.#fetched;
      return new LegacyMessages(bytes.subarray(at, end), fetchOffset);
    }
    const records = this.#fetched.bytes.subarray(at + HEADER_LENGTH, end);
    return new OpenBatch(uncompressedPieces(attributes & 7, records), {
      count: view.getInt32(at + 57),
      firstOffset,
      firstTimestamp: Number(view.getBigInt64(at + 27)),
      timestamp: attributes & LOG_APPEND_TIME ? Number(view.getBigInt64(at + 35)) : undefined,
      from: this.#fetched.fetchOffset,
      mostRecordBytes: this.#mostMessageBytes,
    });
  }

  /** The current batch could not be opened, or not read to its end. */
  #unopened(cause: unknown): UnreadableBatchError {
    const end = this.#at + 12 + this.#view.getInt32(this.#at + 8);
    return this.#unreadable(this.#at, end, `it is ${messageOf(cause)}`, cause);
  }

  /** @param end where the batch ends; not after `at` if that is unknown */
  #unreadable(at: number, end: number, reason: string, cause?: unknown): UnreadableBatchError {
    const { partition, bytes } = this.#fetched;
    const first = Math.max(this.#claimedOffset(at) ?? 0, this.nextOffset);
    const batch = {
      first,
      end: this.#offsetAfter(at, end, first),
      bytes: bytes.subarray(at, Math.max(at, end)),
      reason,
    };
    return new UnreadableBatchError(partition, batch, { cause, isDamaged: cause === undefined });
  }

  /**
   * The offset at which to continue after an unreadable batch. The next batch is the best source: a
   * damaged header may claim offsets that are not its own.
   */
  #offsetAfter(at: number, end: number, first: number): number {
    const view = this.#view;
    const { highWatermark } = this.#fetched;
    if (end > at && end + 8 <= view.byteLength) {
      const next = Number(view.getBigInt64(end));
      if (next > first && next <= highWatermark) return next;
    }
    const isWhole = at + HEADER_LENGTH <= view.byteLength;
    const length = isWhole && view.getInt8(at + 16) >= 2 ? view.getInt32(at + 23) + 1 : 1;
    const claimed = (this.#claimedOffset(at) ?? first) + length;
    return Math.min(Math.max(claimed, first + 1), Math.max(highWatermark, first + 1));
  }

  /** The offset in the header of the batch at `at`; `undefined` if it is outside the partition. */
  #claimedOffset(at: number): number | undefined {
    const offset = Number(this.#view.getBigInt64(at));
    return offset >= 0 && offset < this.#fetched.highWatermark ? offset : undefined;
  }
}

interface BatchHeader {
  at: number;
  end: number;
  magic: number;
  firstOffset: number;
  lastOffset: number;
  attributes: number;
}

/** Minimum length of a batch in the format of the one at `at`. */
function shortestLength(view: DataView, at: number): number {
  const magic = view.getInt8(at + 16);
  return magic === 0 || magic === 1 ? shortestLegacyLength(magic) : HEADER_LENGTH;
}

/**
 * The offset after the batch at `at`, by its header; in formats 0 and 1, the header's offset is the
 * last one.
 */
function offsetAfter(view: DataView, at: number): number {
  const offset = Number(view.getBigInt64(at));
  return view.getInt8(at + 16) < 2 ? offset + 1 : offset + view.getInt32(at + 23) + 1;
}

/** A control record's key is its version (0) and its type: 0 abort, 1 commit. */
function isAbortMarker(bytes: Uint8Array, at: number): boolean {
  const { keyLength, keyAt } = recordHead(bytes, at);
  return keyLength >= 4 && bytes[keyAt + 2] === 0 && bytes[keyAt + 3] === 0;
}
