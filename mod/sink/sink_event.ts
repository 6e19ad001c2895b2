import type { RecordBatch } from "../broker/broker.ts";
import type { GapReason } from "../table/table.ts";

/** One finished flush: `[first, last]` of a partition is in the table and committed. */
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

/** Offsets `[first, end)` with neither row nor dead letter, recorded in the table. */
export interface GapReport {
  partition: number;
  first: number;
  end: number;
  reason: GapReason;
}

/** Events that a sink reports. Each is reported once. */
export type SinkEvent =
  /** Partitions that this process now reads; empty if it has none. */
  | { kind: "assigned"; partitions: number[] }
  /** Messages taken: `rows` of them are rows; `bytes` are those of their values. */
  | { kind: "read"; partition: number; messages: number; rows: number; bytes: number }
  /** None of the first messages of a partition is a row; `batch` is valid until the call returns. */
  | { kind: "no row"; batch: RecordBatch }
  /** A message has a field that the schema does not know; `name` is the first of them. */
  | { kind: "unknown field"; name: string }
  /** Messages that were read and not committed: the new owner will read them again. */
  | { kind: "gave back"; partition: number; messages: number }
  /** The read position, also reported after the assignment: `next` is the offset to read next. */
  | { kind: "position"; partition: number; next: number; highWatermark: number }
  /** Bytes of memory held for what is not yet written. */
  | { kind: "buffered"; bytes: number }
  | { kind: "flushed"; flush: FlushReport }
  /** The group's durable offset. */
  | { kind: "committed"; partition: number; offset: number }
  /** Messages of a partition that became dead letters for one reason. */
  | { kind: "rejected"; partition: number; reason: string; count: number }
  | { kind: "gap"; gap: GapReport }
  /** An attempt failed and will be repeated. */
  | { kind: "retried"; what: "put" | "take" | "commit"; error: unknown }
  /** A commit to an Iceberg table: it was taken, or is repeated because another writer was faster. */
  | { kind: "table commit"; isTaken: boolean }
  /** Whether rows can be written now; `why` if not. */
  | { kind: "ready"; ready: boolean; why?: string }
  /** A partition could not be read for a minute, or, without a reason, can be again. */
  | { kind: "stalled"; partition: number; reason: string | null }
  /**
   * Something out of the ordinary that was decided at an assignment, as a sentence for the user.
   */
  | { kind: "notice"; text: string }
  /** With `untilEnd`: everything is written except these partitions of other members. */
  | { kind: "waiting"; partitions: number[] };

/** A listener to a sink's events. Called synchronously: it must be quick and must not throw. */
export type SinkListener = (event: SinkEvent) => void;

/** One listener that calls several, in order. */
export function listeners(...all: SinkListener[]): SinkListener {
  return (event) => {
    for (const listener of all) listener(event);
  };
}
