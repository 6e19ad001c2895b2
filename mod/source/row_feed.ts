import type { Row } from "./source_row.ts";

/** Rows to be sent, some at a time. */
export interface RowFeed {
  /**
   * The next rows: at least one, at most `max`; `null` when there are no more.
   * @throws {Failure} when the input cannot be read any more
   * @throws the signal's reason, when the feed was opened with one and it aborts
   */
  next(max: number): Promise<Row[] | null>;
  close(): void;
}
