/**
 * The values of one row in the order of the schema's columns: a `string` column's text, a `date`
 * column's days since 1970-01-01, a `double` or `long` column's number (a `long` beyond 2^53 is a
 * bigint), a `timestamp` column's milliseconds since 1970 UTC; `null` if the row has no value.
 */
export type TypedRow = Array<string | number | bigint | null>;

/** What checking a row comes to: its typed values, or the reason why it is rejected. */
export type CheckedRow = TypedRow | string;

/** The rows of a message that is an array of them; at least one. */
export class SeveralRows {
  constructor(readonly rows: readonly TypedRow[]) {}
}

/** What checking a message comes to: its row or rows, or the reason why it is rejected. */
export type CheckedMessage = CheckedRow | SeveralRows;
