import type { RecordBatch } from "./broker.ts";

/** The values of a batch's messages, in order; valid as long as the batch. */
export function* batchValues(batch: RecordBatch): Iterable<Uint8Array | null> {
  for (let i = 0; i < batch.count; i++) yield batch.value(i);
}
