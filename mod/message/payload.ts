import type { RowScan } from "../schema/message_reader.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { Fields } from "./fields.ts";
import type { WriterDraft } from "./writer_draft.ts";

/** Reads the payloads that were written by one schema. */
export interface PayloadReader {
  /** Names of the top-level fields. */
  readonly fields: readonly string[];
  /** Names of the top-level fields that are decimals, which the lake has as doubles. */
  readonly decimals: readonly string[];
  /** The columns that the fields would be in a table. */
  draft(): WriterDraft;
  /**
   * The fields of a payload. Dates and times are {@linkcode Instant}s, decimals numbers, integers
   * beyond 2^53 bigints.
   * @throws {Error} when the payload is damaged
   */
  read(payload: Uint8Array): Fields;
  /**
   * A fast reader of payloads, if the format has one for this schema.
   * @param columnOf index of the column that a field becomes, -1 for none
   */
  scan?(schema: RowSchema, columnOf: (field: string) => number): RowScan | undefined;
}

/** A payload's day or point in time. */
export class Instant {
  /**
   * @param ms milliseconds since 1970 UTC
   * @param isDay whether it is a day without a time
   */
  constructor(readonly ms: number, readonly isDay: boolean) {}

  /** ISO 8601; what no calendar has is the number. */
  toJSON(): string {
    if (!(Math.abs(this.ms) <= 8.64e15)) return String(this.ms);
    const text = new Date(this.ms).toISOString();
    return this.isDay ? text.slice(0, 10) : text;
  }
}
