/** SQLite's result codes of a file that is no database, or a broken one. Source: sqlite3.h. */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether an error says that the file is damaged or no database. */
export function isDamaged(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  // Deno gives no code with errors of `exec`, so their text has to do.
  if (errcode === undefined) {
    return /file is not a database|disk image is malformed/.test(`${message}`);
  }
  // The low byte is the primary code; the rest of the number is its kind (sqlite3.h).
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(errcode & 0xff);
}
