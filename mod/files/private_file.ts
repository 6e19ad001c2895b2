import { checkOwnEntry } from "./own_entry.ts";

/** Mode of the directories that we make: rows and offsets are the business of the user who runs us. */
export const DIRECTORY_MODE = 0o700;

/** Mode of the files that we make. */
export const FILE_MODE = 0o600;

/**
 * Makes an empty file that only this user can read, unless there is a file. For SQLite, which would make
 * one for all, and whose other files (`-wal`, `-shm`) get the mode of the first.
 * @throws {Failure} kind `failed`, when something else than a file is there
 */
export function createPrivateFile(path: string): void {
  for (const suffix of ["-wal", "-shm", "-journal"]) checkOwnEntry(path + suffix, "file");
  if (checkOwnEntry(path, "file")) return;
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: FILE_MODE }).close();
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    checkOwnEntry(path, "file");
  }
}
