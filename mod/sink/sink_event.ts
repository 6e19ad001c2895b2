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

/** Offsets `[first, end)` that got neither row nor dead letter, on record in the table. */
export interface GapReport {
  partition: number;
  first: number;
  end: number;
  reason: GapReason;
}

/** What a sink tells of its work. Each event is told once. */
export type SinkEvent =
  /** Partitions that this process reads now; empty when it has none. */
  | { kind: "assigned"; partitions: number[] }
  /** Messages taken: `rows` of them are rows; `bytes` are those of their values. */
  | { kind: "read"; partition: number; messages: number; rows: number; bytes: number }
  /** None of the first messages of a partition is a row; `batch` is valid until the call returns. */
  | { kind: "no row"; batch: RecordBatch }
  /** A message has a field that the schema does not know; `name` is the first of them. */
  | { kind: "unknown field"; name: string }
  /** Messages that were read and not committed: they will be read again, by whoever is assigned them. */
  | { kind: "gave back"; partition: number; messages: number }
  /** Where reading stands, after the assignment too: `next` is the offset to be read next. */
  | { kind: "position"; partition: number; next: number; highWatermark: number }
  /** Bytes of memory that are held and not yet written. */
  | { kind: "buffered"; bytes: number }
  | { kind: "flushed"; flush: FlushReport }
  /** The group's offset, durably. */
  | { kind: "committed"; partition: number; offset: number }
  /** Messages of a partition that became dead letters for one reason. */
  | { kind: "rejected"; partition: number; reason: string; count: number }
  | { kind: "gap"; gap: GapReport }
  /** An attempt failed and will be repeated. */
  | { kind: "retried"; what: "put" | "take" | "commit"; error: unknown }
  /** A commit to an Iceberg table: it was taken, or is repeated because another writer was faster. */
  | { kind: "table commit"; isTaken: boolean }
  /** Whether rows can be written now; `why` where not. */
  | { kind: "ready"; ready: boolean; why?: string }
  /** A partition could not be read for a minute, or, without a reason, can be again. */
  | { kind: "stalled"; partition: number; reason: string | null }
  /** Something out of the ordinary that was decided at an assignment, a sentence for people. */
  | { kind: "notice"; text: string }
  /** With `untilEnd`: all is written but these partitions, which other members of the group have. */
  | { kind: "waiting"; partitions: number[] };

/** Who wants to know what a sink does. Called synchronously: must be quick, and must not throw. */
export type SinkListener = (event: SinkEvent) => void;

/** One listener that tells several, in order. */
export function listeners(...all: SinkListener[]): SinkListener {
  return (event) => {
    for (const listener of all) listener(event);
  };
}
