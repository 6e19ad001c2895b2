import { Failure, messageOf } from "../../failure/failure.ts";

/** A rejected message, as the lake keeps it. */
export interface StoredDeadLetter {
  topic: string;
  partition: number;
  offset: number;
  /** As written: ISO 8601, or digits if the message's timestamp is not a valid date. */
  timestamp: string;
  /** Why it was rejected. */
  reason: string;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: ReadonlyArray<readonly [name: string, value: Uint8Array | null]>;
  /** Whether only part of its bytes were kept, as it was too large. */
  isCut: boolean;
}

/**
 * The messages of a dead-letter object, in the order of their offsets.
 * @param name the object's, for messages
 * @throws {Failure} kind `failed`, when a line is not one that the sink writes
 */
export function* readDeadLetters(name: string, bytes: Uint8Array): Generator<StoredDeadLetter> {
  const decoder = new TextDecoder();
  let number = 0;
  // Line by line: the whole text could exceed the maximum length of a string.
  for (let at = 0; at < bytes.length;) {
    number++;
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found;
    if (end > at) yield readLine(decoder.decode(bytes.subarray(at, end)), name, number);
    at = end + 1;
  }
}

function readLine(line: string, name: string, number: number): StoredDeadLetter {
  try {
    const { topic, partition, offset, timestamp, reason, key, value, headers, cut } = JSON.parse(
      line,
    );
    if (
      typeof topic !== "string" || typeof reason !== "string" || typeof timestamp !== "string" ||
      !Number.isSafeInteger(partition) || !Number.isSafeInteger(offset) || key === undefined ||
      value === undefined || !Array.isArray(headers)
    ) throw new Error("expected topic, partition, offset, timestamp, reason, key, value, headers");
    return {
      topic,
      partition,
      offset,
      timestamp,
      reason,
      key: bytesOf(key),
      value: bytesOf(value),
      headers: headers.map(([name, value]: [string, string | null]) => [name, bytesOf(value)]),
      isCut: cut !== undefined,
    };
  } catch (cause) {
    throw new Failure("failed", `${name}, line ${number}: not a dead letter: ${messageOf(cause)}`, {
      cause,
      fix:
        "Restore the object from a backup or an older version, or leave it out with --partition or --day.",
    });
  }
}

function bytesOf(base64: string | null): Uint8Array | null {
  return base64 === null ? null : Uint8Array.fromBase64(base64);
}
