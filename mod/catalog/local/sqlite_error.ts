/** SQLite's result codes for a file that is not a database, or a damaged one. Source: sqlite3.h. */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether an error says that the file is damaged or not a database. */
export function isDamaged(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  // Deno gives no code with errors of `exec`, so their text has to do.
  if (errcode === undefined) {
    return /file is not a database|disk image is malformed/.test(`${message}`);
  }
  // The low byte is the primary code; the rest of the number is its kind (sqlite3.h).
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(errcode & 0xff);
}
