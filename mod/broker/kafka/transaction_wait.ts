import { Buffer } from "node:buffer";
import type { OpenTransaction } from "../broker.ts";
import type { Cluster } from "./cluster.ts";
import { fetchRecords } from "./fetch_records.ts";

/** Fraction of the stall time after which an open transaction is reported. */
const FIRST_SHARE = 1 / 6;

/** How long a partition has been blocked by an open transaction, and when to report it. */
export class TransactionWait {
  readonly #stallMs: number;
  #from: number | null = null;
  #dueAt = 0;

  /** @param stallMs milliseconds between two reports; the first one comes after a sixth of it */
  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /**
   * A fetch returned nothing but the offset at which the oldest open transaction begins.
   * @returns whether to report it now
   */
  isDue(openFrom: number): boolean {
    const now = performance.now();
    if (this.#from !== openFrom) {
      this.#from = openFrom;
      this.#dueAt = now + this.#stallMs * FIRST_SHARE;
    }
    if (now < this.#dueAt) return false;
    this.#dueAt = now + this.#stallMs;
    return true;
  }

  /** A fetch returned data, or there is no open transaction. */
  over(): void {
    this.#from = null;
  }
}

/**
 * Positions of the magic byte, first timestamp, producer id and epoch in a record batch's header
 * (version 2).
 */
const MAGIC = 16;
const FIRST_TIMESTAMP = 27;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;

/**
 * Bytes up to there; the batch that begins the transaction is returned whole, whatever its size.
 */
const HEADER_LENGTH = 61;

/**
 * Finds the oldest open transaction of a partition: its first record batch is at the last stable
 * offset.
 * @param openFrom that offset
 * @returns `null` if it has ended meanwhile
 */
export async function openTransaction(
  cluster: Cluster,
  leader: number,
  topic: string,
  partition: number,
  openFrom: number,
): Promise<OpenTransaction | null> {
  const options = { maxBytes: HEADER_LENGTH, uncommitted: true };
  const found = await fetchRecords(cluster, leader, topic, partition, openFrom, options);
  const { bytes, highWatermark } = found;
  if (bytes.length < HEADER_LENGTH || bytes[MAGIC] !== 2) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    first: openFrom,
    end: highWatermark,
    producerId: view.readBigInt64BE(PRODUCER_ID),
    producerEpoch: view.readInt16BE(PRODUCER_EPOCH),
    sinceMs: Number(view.readBigInt64BE(FIRST_TIMESTAMP)),
  };
}
