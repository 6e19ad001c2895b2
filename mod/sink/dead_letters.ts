import { createHash } from "node:crypto";
import { joinChunks } from "../lake/format/encode_job.ts";
import { HIVE_NULL } from "../lake/layout.ts";
import { DAY_MS, hasDay, isoDay } from "../schema/calendar.ts";
import { LineChunks } from "./line_chunks.ts";
import { wrongTime } from "./message_time.ts";

/** A rejected message. */
export interface DeadLetter {
  offset: number;
  /** Kafka's timestamp, milliseconds since 1970. */
  timestampMs: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: ReadonlyArray<readonly [name: string, value: Uint8Array | null]>;
  /** Why it was rejected. */
  reason: string;
}

/** Maximum bytes of a message that is kept whole. */
const MOST_BYTES = 4 * 2 ** 20;

/** For a larger one, the bytes kept of its value, its key and each header. */
const KEPT_BYTES = 65_536;

/** For a larger one, the number of headers kept. */
const KEPT_HEADERS = 16;

/** Maximum days with a file of their own; the rest goes into one file without a day. */
const MOST_DAYS = 100;

const encoder = new TextEncoder();

const BEFORE_TIMESTAMP = encoder.encode(`,"timestamp":"`);
const BEFORE_REASON = encoder.encode(`","reason":`);
const BEFORE_KEY = encoder.encode(`,"key":`);
const BEFORE_VALUE = encoder.encode(`,"value":`);
const NO_HEADERS = encoder.encode(`,"headers":[]}\n`);
const NULL = encoder.encode("null");
const QUOTE = encoder.encode('"');

/** The lines of one file. */
interface Lines {
  chunks: LineChunks;
  count: number;
}

/** Rejected messages of one flush, as they will be written: one line of JSON each. */
export class DeadLetters {
  readonly #begin: Uint8Array;
  /** Lines by day, in the order of their offsets. */
  readonly #days = new Map<string, Lines>();
  readonly #reasons = new Map<string, number>();
  #count = 0;
  #byteLength = 0;
  /** Consecutive dead letters often have the same time and reason. */
  #timestampMs = NaN;
  #timestamp: Uint8Array = QUOTE;
  #lines: Lines | undefined;
  #reason: string | undefined;
  #reasonText: Uint8Array = QUOTE;

  constructor(topic: string, partition: number) {
    const begin = JSON.stringify({ topic, partition });
    this.#begin = encoder.encode(`${begin.slice(0, -1)},"offset":`);
  }

  /** Number of messages. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** How often each reason was given. */
  get reasons(): ReadonlyMap<string, number> {
    return this.#reasons;
  }

  /** Adds a message; its bytes are copied. @returns bytes of its line */
  add(letter: DeadLetter): number {
    const { offset, timestampMs, key, value, headers, reason, cut } = keptOf(letter);
    const file = timestampMs === this.#timestampMs ? this.#lines! : this.#linesOf(timestampMs);
    if (reason !== this.#reason) {
      this.#reason = reason;
      this.#reasonText = encoder.encode(JSON.stringify(reason));
    }
    const lines = file.chunks;
    const { byteLength, size } = lines;
    file.count++;
    lines.bytes(this.#begin);
    lines.integer(offset);
    lines.bytes(BEFORE_TIMESTAMP);
    lines.bytes(this.#timestamp);
    lines.bytes(BEFORE_REASON);
    lines.bytes(this.#reasonText);
    lines.bytes(BEFORE_KEY);
    addBase64(lines, key);
    lines.bytes(BEFORE_VALUE);
    addBase64(lines, value);
    if (headers.length === 0 && cut === undefined) {
      lines.bytes(NO_HEADERS);
    } else {
      const texts = headers.map(([name, value]) => [name, value && value.toBase64()]);
      lines.text(`,"headers":${JSON.stringify(texts)}`);
      if (cut !== undefined) lines.text(`,"cut":${JSON.stringify(cut)}`);
      lines.text("}\n");
    }
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    this.#count++;
    this.#byteLength += lines.byteLength - byteLength;
    return lines.size - size;
  }

  /** One file per day; releases the messages. */
  *takeFiles(): Generator<{ dt: string; rows: number; bytes: Uint8Array<ArrayBuffer> }> {
    for (const [dt, { chunks, count }] of this.#days) {
      this.#days.delete(dt);
      yield { dt, rows: count, bytes: joinChunks(chunks.take(), new Uint8Array(chunks.size)) };
    }
  }

  #linesOf(timestampMs: number): Lines {
    // A producer may send nanoseconds, which make no valid day; the message is still kept.
    const isDated = wrongTime(timestampMs) === null;
    let day = isDated ? isoDay(Math.floor(timestampMs / DAY_MS)) : HIVE_NULL;
    if (this.#days.size >= MOST_DAYS && !this.#days.has(day)) day = HIVE_NULL;
    let lines = this.#days.get(day);
    if (lines === undefined) {
      this.#days.set(day, lines = { chunks: new LineChunks(), count: 0 });
      this.#byteLength += lines.chunks.byteLength;
    }
    this.#timestampMs = timestampMs;
    this.#timestamp = encoder.encode(
      hasDay(timestampMs) ? new Date(timestampMs).toISOString() : String(timestampMs),
    );
    return this.#lines = lines;
  }
}

function addBase64(lines: LineChunks, bytes: Uint8Array | null): void {
  if (bytes === null) return lines.bytes(NULL);
  lines.bytes(QUOTE);
  lines.base64(bytes);
  lines.bytes(QUOTE);
}

/** What identifies a truncated message. */
interface Cut {
  value?: { bytes: number; sha256: string };
  key?: { bytes: number; sha256: string };
  /** Number of its headers. */
  headers: number;
}

/** A message as it is kept: only part of a very large one. */
function keptOf(letter: DeadLetter): DeadLetter & { cut?: Cut } {
  const { key, value, headers } = letter;
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, value] of headers) bytes += name.length + (value?.length ?? 0);
  if (bytes <= MOST_BYTES) return letter;
  return {
    ...letter,
    key: key && key.subarray(0, KEPT_BYTES),
    value: value && value.subarray(0, KEPT_BYTES),
    headers: headers.slice(0, KEPT_HEADERS).map(([name, value]) =>
      [name.slice(0, KEPT_BYTES), value && value.subarray(0, KEPT_BYTES)] as const
    ),
    cut: { value: digest(value), key: digest(key), headers: headers.length },
  };
}

function digest(bytes: Uint8Array | null): { bytes: number; sha256: string } | undefined {
  if (bytes === null || bytes.length <= KEPT_BYTES) return undefined;
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
