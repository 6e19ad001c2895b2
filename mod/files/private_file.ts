import { checkOwnEntry } from "./own_entry.ts";

/** Mode of the directories that we create: rows and offsets are private to the user who runs ticklake. */
export const DIRECTORY_MODE = 0o700;

/** Mode of the files that we create. */
export const FILE_MODE = 0o600;

/**
 * Looks at a database of SQLite's and the files beside it, as SQLite would wait forever to open a pipe.
 * @returns whether the database is there
 * @throws {Failure} kind `failed`, when one of them is something other than a file
 */
export function checkDatabaseFiles(path: string): boolean {
  for (const suffix of ["-wal", "-shm", "-journal"]) checkOwnEntry(path + suffix, "file");
  return checkOwnEntry(path, "file");
}

/**
 * Creates an empty file that only this user can read, unless the file exists. For SQLite, which would create a
 * world-readable one, and gives its other files (`-wal`, `-shm`) the mode of the first.
 * @throws {Failure} kind `failed`, when something other than a file is there
 */
export function createPrivateFile(path: string): void {
  if (checkDatabaseFiles(path)) return;
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: FILE_MODE }).close();
  } catch (error) {
    // Another process has created it in the meantime.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    checkOwnEntry(path, "file");
  }
}
