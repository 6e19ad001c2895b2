import type { Row } from "./source_row.ts";

/** How the records of a file become rows. */
export interface RecordForm {
  /** Whether a record may go over several lines, in quotes. */
  readonly isQuoted: boolean;
  /** The row of the line `bytes[start, stop)`, by the fast way; `null` to leave it to `decide`. */
  encode(bytes: Uint8Array, start: number, stop: number): Row | null;
  /** The row of a record, or the reason why it is rejected. */
  decide(record: Uint8Array): Row | string;
}
