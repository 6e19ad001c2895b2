/** When a partition's rows are written. Whatever comes first. */
export interface FlushPolicy {
  /** Rows and dead letters together. */
  rows: number;
  /** Bytes of their messages. */
  bytes: number;
  /** Milliseconds that the oldest may wait. */
  intervalMs: number;
}

/** Whether a range of that many messages and bytes is to be written now. */
export function isFull(policy: FlushPolicy, messages: number, bytes: number): boolean {
  return messages >= policy.rows || bytes >= policy.bytes;
}
