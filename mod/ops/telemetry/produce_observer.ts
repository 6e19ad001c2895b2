/**
 * Who wants to know what `produce` does. Calls are synchronous and must be quick; none of them may
 * throw.
 */
export interface ProduceObserver {
  /** The topic is there and rows can be sent. */
  started?(): void;
  /** Rows that all replicas in sync have acknowledged. */
  sent?(rows: number): void;
  /** A row of the file that is not sent. */
  rejectedRow?(reason: string): void;
}
