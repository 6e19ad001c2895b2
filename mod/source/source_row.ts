/** A valid row as it is sent. */
export interface Row {
  /** The message's key: the texts of the schema's key columns; `null` without one. */
  key: string | null;
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

/** Called for each row that is left out, with its (first) line in the file of this name. */
export type OnRejected = (line: number, reason: string, file: string) => void;
