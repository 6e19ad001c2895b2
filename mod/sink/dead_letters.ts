import { joinChunks } from "../lake/format/encode_job.ts";
import { HIVE_NULL } from "../lake/layout.ts";
import { DAY_MS, hasDay, isoDay } from "../schema/calendar.ts";
import { LineChunks } from "./line_chunks.ts";

/** One message that is no row. */
export interface DeadLetter {
  offset: number;
  /** Kafka's timestamp, milliseconds since 1970. */
  timestampMs: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: ReadonlyArray<readonly [name: string, value: Uint8Array | null]>;
  /** Why it is no row. */
  reason: string;
}

const encoder = new TextEncoder();

const BEFORE_TIMESTAMP = encoder.encode(`,"timestamp":"`);
const BEFORE_REASON = encoder.encode(`","reason":`);
const BEFORE_KEY = encoder.encode(`,"key":`);
const BEFORE_VALUE = encoder.encode(`,"value":`);
const NO_HEADERS = encoder.encode(`,"headers":[]}\n`);
const NULL = encoder.encode("null");
const QUOTE = encoder.encode('"');

/** Rejected messages of one flush, as they will be written: a line of JSON each. */
export class DeadLetters {
  readonly #begin: Uint8Array;
  /** Lines of each day, in the order of their offsets. */
  readonly #days = new Map<string, LineChunks>();
  readonly #reasons = new Map<string, number>();
  #count = 0;
  #byteLength = 0;
  /** The letter before often has the same time and reason. */
  #timestampMs = NaN;
  #timestamp: Uint8Array = QUOTE;
  #lines: LineChunks | undefined;
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

  /** Adds a message; its bytes are copied. */
  add({ offset, timestampMs, key, value, headers, reason }: DeadLetter): void {
    const lines = timestampMs === this.#timestampMs ? this.#lines! : this.#linesOf(timestampMs);
    if (reason !== this.#reason) {
      this.#reason = reason;
      this.#reasonText = encoder.encode(JSON.stringify(reason));
    }
    const before = lines.byteLength;
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
    if (headers.length === 0) {
      lines.bytes(NO_HEADERS);
    } else {
      const texts = headers.map(([name, value]) => [name, value && value.toBase64()]);
      lines.text(`,"headers":${JSON.stringify(texts)}}\n`);
    }
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    this.#count++;
    this.#byteLength += lines.byteLength - before;
  }

  /** One file a day; the messages are let go. */
  *takeFiles(): Generator<{ dt: string; bytes: Uint8Array<ArrayBuffer> }> {
    for (const [day, lines] of this.#days) {
      this.#days.delete(day);
      const { size } = lines;
      yield { dt: day, bytes: joinChunks(lines.take(), new Uint8Array(size)) };
    }
  }

  #linesOf(timestampMs: number): LineChunks {
    // A producer may send nanoseconds: no day then, but the message is kept.
    const isDated = hasDay(timestampMs);
    const day = isDated ? isoDay(Math.floor(timestampMs / DAY_MS)) : HIVE_NULL;
    let lines = this.#days.get(day);
    if (lines === undefined) {
      this.#days.set(day, lines = new LineChunks());
      this.#byteLength += lines.byteLength;
    }
    this.#timestampMs = timestampMs;
    this.#timestamp = encoder.encode(
      isDated ? new Date(timestampMs).toISOString() : String(timestampMs),
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
