/** A valid row as it is sent. */
export interface Row {
  /** The message's key: the text of the schema's key column. */
  key: string;
  /** The message: a JSON object in UTF-8. */
  value: Uint8Array;
}

/** Takes what is found in a file, row by row, in the file's order. */
export interface RowSink {
  /** @param offset where the row begins in the file, in bytes */
  row(row: Row, offset: number): void;
  /** @param line number of the row's (first) line in the file, from 1 */
  rejected(line: number, reason: string): void;
}

/** Told of each row that is left out. */
export type OnRejected = (line: number, reason: string) => void;
