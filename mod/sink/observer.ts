/** One finished flush: `[first, last]` of a partition is in the lake and committed. */
export interface FlushReport {
  partition: number;
  /** First offset. */
  first: number;
  /** Last offset, inclusive. */
  last: number;
  /** Rows written to the table. */
  rows: number;
  /** Messages written to the dead letters. */
  rejected: number;
  /** Objects written. */
  objects: number;
  /** Bytes of those objects. */
  bytes: number;
  /** From the intent to the commit. */
  seconds: number;
}

/**
 * Who wants to know what the sink does: metrics, the terminal view, the log. Calls are synchronous
 * and must be quick; none of them may throw.
 */
export interface SinkObserver {
  /** Partitions that this process reads now; empty when it has none. */
  assigned?(partitions: number[]): void;
  /** Rows read and accepted, with their number; `bytes` are those of the messages. */
  read?(partition: number, rows: number, bytes: number): void;
  flushed?(report: FlushReport): void;
  /** Up to which offset a partition is in the lake and committed; told after the assignment too. */
  committed?(partition: number, offset: number): void;
  /** Messages of a partition that became dead letters for one reason. */
  rejected?(partition: number, reason: string, count: number): void;
  /** An attempt failed and will be repeated: `what` is `put` or `commit`. */
  retried?(what: string, error: unknown): void;
  /** Where reading stands, after the assignment too: `next` is the offset to be read next. */
  position?(partition: number, next: number, highWatermark: number): void;
  /** Bytes of rows that are held and not yet written. */
  buffered?(bytes: number): void;
  /** Offsets `[from, to)` were removed by retention before they were read. */
  gap?(partition: number, from: number, to: number): void;
  /** Whether rows can be written now; `why` where not. */
  ready?(ready: boolean, why?: string): void;
}

/** One observer that tells several, in order. */
export function observers(...all: SinkObserver[]): SinkObserver {
  return {
    assigned: (partitions) => all.forEach((o) => o.assigned?.(partitions)),
    read: (partition, rows, bytes) => all.forEach((o) => o.read?.(partition, rows, bytes)),
    flushed: (report) => all.forEach((o) => o.flushed?.(report)),
    committed: (partition, offset) => all.forEach((o) => o.committed?.(partition, offset)),
    rejected: (partition, reason, count) =>
      all.forEach((o) => o.rejected?.(partition, reason, count)),
    retried: (what, error) => all.forEach((o) => o.retried?.(what, error)),
    position: (partition, next, high) => all.forEach((o) => o.position?.(partition, next, high)),
    buffered: (bytes) => all.forEach((o) => o.buffered?.(bytes)),
    gap: (partition, from, to) => all.forEach((o) => o.gap?.(partition, from, to)),
    ready: (ready, why) => all.forEach((o) => o.ready?.(ready, why)),
  };
}
