import { createHash, type Hash } from "node:crypto";
import {
  type Messages,
  type OneMessage,
  RECORD_HEAD_BYTES,
  recordHead,
  type RecordRun,
  varintAt,
} from "./messages.ts";

/** Bytes kept of the key and of the value of a record that is too large. */
const PREFIX_BYTES = 4096;

/** Bytes of a record that are skipped before other work gets its turn. */
const TURN_BYTES = 4 * 2 ** 20;

/**
 * The records of a batch while it is being decompressed: only as much is decompressed as is read,
 * and only the beginning of a record that is too large is kept.
 */
export class OpenBatch {
  readonly #pieces: Iterator<Uint8Array>;
  readonly #run: RecordRun;
  #source: Uint8Array = new Uint8Array();
  /**
   * The reading of a large record in progress; yields the record in the end, if it was requested.
   */
  #large: Generator<void, OneMessage | null> | null = null;

  /** @param pieces the records' bytes */
  constructor(pieces: Iterable<Uint8Array>, run: Omit<RecordRun, "at" | "left">) {
    if (run.count < 0) throw new Error(`said to hold ${run.count} records`);
    this.#pieces = pieces[Symbol.iterator]();
    this.#run = { ...run, at: 0, left: run.count };
  }

  /** Whether all records have been read. */
  get isDone(): boolean {
    return this.#run.left === 0;
  }

  /**
   * Adds the next records to messages until there are enough; adds none while a large one is being
   * read.
   * @throws {Error} what follows cannot be read
   */
  read(messages: Messages): void {
    const run = this.#run;
    while (run.left > 0 && !messages.isFull) {
      if (this.#large !== null) {
        const { value, done } = this.#large.next();
        if (!done) return;
        this.#large = null;
        if (value !== null) messages.addOne(value);
        continue;
      }
      switch (messages.add(this.#source, run)) {
        case "incomplete":
          this.#gather(this.#needed());
          break;
        case "large":
          this.#large = this.#readLarge();
          break;
      }
    }
  }

  /** Bytes of the next record, or more than are available. */
  #needed(): number {
    const there = this.#source.length - this.#run.at;
    const { value, end } = varintAt(this.#source, this.#run.at);
    return Math.max(there + 1, end <= this.#source.length ? end - this.#run.at + value : 0);
  }

  /**
   * Makes so many bytes available after the read position. @throws {Error} if there are not so many
   */
  #gather(length: number): void {
    if (this.#available(length) < length) {
      throw new Error(`cut off in record ${this.#run.count - this.#run.left}`);
    }
  }

  /** Takes pieces until so many bytes are available or there are no more; returns how many are. */
  #available(length: number): number {
    const parts: Uint8Array[] = [this.#source.subarray(this.#run.at)];
    let there = parts[0].length;
    if (there >= length) return there;
    while (there < length) {
      const { value, done } = this.#pieces.next();
      if (done) break;
      parts.push(value);
      there += value.length;
    }
    this.#source = parts.length === 2 && parts[0].length === 0 ? parts[1] : joined(parts, there);
    this.#run.at = 0;
    return there;
  }

  /** Skips a record except for the beginning of its key and value. Yields now and then. */
  *#readLarge(): Generator<void, OneMessage | null> {
    const run = this.#run;
    this.#available(RECORD_HEAD_BYTES);
    const head = recordHead(this.#source, run.at);
    const key = new Kept();
    run.at = head.keyAt;
    yield* this.#pass(Math.max(0, head.keyLength), key);
    this.#available(5);
    const length = varintAt(this.#source, run.at);
    const keyBytes = Math.max(0, head.keyLength);
    // All bytes of the record, according to its own length and those of its fields.
    const headersBytes = head.length - (head.keyAt - head.bodyAt) - keyBytes -
      (length.end - run.at) - Math.max(0, length.value);
    if (headersBytes < 1) {
      throw new Error(`wrong about the lengths in record ${run.count - run.left}`);
    }
    run.at = length.end;
    const value = new Kept(createHash("sha256"));
    yield* this.#pass(Math.max(0, length.value), value);
    yield* this.#pass(headersBytes, null);
    run.left--;
    const offset = run.firstOffset + head.offsetDelta;
    if (offset < run.from) return null;
    const source = joined([key.bytes(), value.bytes()], key.length + value.length);
    return {
      offset,
      timestamp: run.timestamp ?? run.firstTimestamp + head.timestampDelta,
      source,
      key: [0, head.keyLength < 0 ? -1 : key.length],
      value: [key.length, length.value < 0 ? -1 : source.length],
      cut: {
        keyBytes,
        valueBytes: Math.max(0, length.value),
        valueSha256: value.hash!.digest("hex"),
      },
    };
  }

  /** Skips so many bytes. */
  *#pass(length: number, kept: Kept | null): Generator<void, void> {
    const run = this.#run;
    let sinceTurn = 0;
    for (let left = length; left > 0;) {
      this.#gather(1);
      const part = this.#source.subarray(run.at, run.at + Math.min(left, TURN_BYTES));
      kept?.add(part);
      run.at += part.length;
      left -= part.length;
      sinceTurn += part.length;
      if (sinceTurn >= TURN_BYTES) {
        sinceTurn = 0;
        yield;
      }
    }
  }
}

/** The beginning of a field whose rest is skipped, and the hash of the whole field. */
class Kept {
  readonly hash: Hash | undefined;
  length = 0;
  readonly #parts: Uint8Array[] = [];

  constructor(hash?: Hash) {
    this.hash = hash;
  }

  add(part: Uint8Array): void {
    this.hash?.update(part);
    const first = part.slice(0, Math.max(0, PREFIX_BYTES - this.length));
    if (first.length > 0) this.#parts.push(first);
    this.length += first.length;
  }

  bytes(): Uint8Array {
    return joined(this.#parts, this.length);
  }
}

function joined(parts: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
