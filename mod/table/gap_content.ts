import type { GapReason } from "./table.ts";

/** The content of a gap's record; `last` is inclusive. */
export function gapContent(
  place: { topic: string; partition: number; first: number; last: number },
  reason: GapReason,
  details: Record<string, unknown> = {},
): Uint8Array<ArrayBuffer> {
  const { topic, partition, first, last } = place;
  const record = { topic, partition, first, last, lost: last + 1 - first, reason, ...details };
  return new TextEncoder().encode(JSON.stringify(record) + "\n");
}
