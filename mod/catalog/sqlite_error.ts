/** SQLite's result codes of a file that is no database, or a broken one. Source: sqlite3.h. */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether an error says that the file is damaged or no database. */
export function isDamaged(error: unknown): boolean {
  // The low byte is the primary code; the rest of the number is its kind (sqlite3.h).
  const code = ((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}
