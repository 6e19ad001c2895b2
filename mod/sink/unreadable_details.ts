import { createHash } from "node:crypto";
import type { UnreadableBatch } from "../broker/broker.ts";

/** Maximum bytes of a batch that is kept whole. */
const MOST_BYTES = 4 * 2 ** 20;

/** For a larger one, the bytes that are kept. */
const KEPT_BYTES = 65_536;

/**
 * What the record of an unreadable batch contains besides its offsets: the reason, and the batch
 * itself.
 */
export function unreadableDetails(
  { first, end, bytes, reason }: UnreadableBatch,
): Record<string, unknown> {
  const kept = bytes.length > MOST_BYTES ? bytes.subarray(0, KEPT_BYTES) : bytes;
  return {
    why: reason,
    batch: {
      first,
      last: end - 1,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      value: kept.toBase64(),
    },
  };
}
