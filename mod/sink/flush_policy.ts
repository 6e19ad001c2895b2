/** When a partition's rows are written: at whichever limit is reached first. */
export interface FlushPolicy {
  /** Rows and dead letters together. */
  rows: number;
  /** Bytes of their messages. */
  bytes: number;
  /** Maximum milliseconds that the oldest waits. */
  intervalMs: number;
}

/** Whether a range with so many messages and bytes is to be written now. */
export function isFull(policy: FlushPolicy, messages: number, bytes: number): boolean {
  return messages >= policy.rows || bytes >= policy.bytes;
}
