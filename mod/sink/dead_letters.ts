import { joinChunks } from "../lake/format/encode_job.ts";
import { HIVE_NULL } from "../lake/layout.ts";
import { DAY_MS, hasDay, isoDay } from "../schema/calendar.ts";

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

/** Rejected messages of one flush, as they will be written. */
export class DeadLetters {
  readonly #topic: string;
  readonly #partition: number;
  /** Lines of each day, in the order of their offsets. */
  readonly #days = new Map<string, Uint8Array<ArrayBuffer>[]>();
  readonly #reasons = new Map<string, number>();
  #count = 0;
  #byteLength = 0;

  constructor(topic: string, partition: number) {
    this.#topic = topic;
    this.#partition = partition;
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
  add(letter: DeadLetter): void {
    // A producer may send nanoseconds: no day then, but the message is kept.
    const isDated = hasDay(letter.timestampMs);
    const before = JSON.stringify({
      topic: this.#topic,
      partition: this.#partition,
      offset: letter.offset,
      timestamp: isDated ? new Date(letter.timestampMs).toISOString() : String(letter.timestampMs),
      reason: letter.reason,
      key: letter.key && letter.key.toBase64(),
    });
    const headers = letter.headers.map(([name, value]) => [name, value && value.toBase64()]);
    const line = lineWithValue(
      `${before.slice(0, -1)},"value":`,
      letter.value,
      `,"headers":${JSON.stringify(headers)}}\n`,
    );
    const day = isDated ? isoDay(Math.floor(letter.timestampMs / DAY_MS)) : HIVE_NULL;
    const lines = this.#days.get(day);
    if (lines === undefined) this.#days.set(day, [line]);
    else lines.push(line);
    this.#reasons.set(letter.reason, (this.#reasons.get(letter.reason) ?? 0) + 1);
    this.#count++;
    this.#byteLength += line.byteLength;
  }

  /** One file a day; the messages are let go. */
  *takeFiles(): Generator<{ dt: string; bytes: Uint8Array<ArrayBuffer> }> {
    for (const [day, lines] of this.#days) {
      this.#days.delete(day);
      const size = lines.reduce((sum, line) => sum + line.length, 0);
      yield { dt: day, bytes: joinChunks(lines, new Uint8Array(size)) };
    }
  }
}

const encoder = new TextEncoder();

/** Bytes that become base64 at a time: a multiple of three, so that the pieces need no padding. */
const PIECE_BYTES = 49_152;

/**
 * A line with a value in base64 between two texts. A value may be many MiB: as a string it would be held
 * several times over.
 */
function lineWithValue(
  before: string,
  value: Uint8Array | null,
  after: string,
): Uint8Array<ArrayBuffer> {
  if (value === null) return encoder.encode(`${before}null${after}`);
  const [begin, end] = [encoder.encode(before + '"'), encoder.encode('"' + after)];
  const line = new Uint8Array(begin.length + Math.ceil(value.length / 3) * 4 + end.length);
  line.set(begin);
  let used = begin.length;
  for (let at = 0; at < value.length; at += PIECE_BYTES) {
    const piece = value.subarray(at, at + PIECE_BYTES).toBase64();
    used += encoder.encodeInto(piece, line.subarray(used)).written;
  }
  line.set(end, used);
  return line;
}
