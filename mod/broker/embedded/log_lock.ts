import { Failure } from "../../failure/failure.ts";
import { checkOwnEntry } from "../../files/own_entry.ts";
import { FILE_MODE } from "../../files/private_file.ts";

/*
 * Who may use a log's file. Everybody who has it open holds a shared lock on a file beside it; a repair, which
 * replaces the file, holds it alone. SQLite's own locks do not serve: a damaged file cannot be opened.
 */

/** The file whose lock is held. It stays: removing it would let two hold different files. */
export function lockPath(log: string): string {
  return `${log}.lock`;
}

/** Where a repair writes down that it replaces the log, so that one that was interrupted is completed. */
export function journalPath(log: string): string {
  return `${log}.repair`;
}

/** A held lock. */
export interface LogLock {
  release(): void;
}

/**
 * Holds the log as one of its users.
 * @returns `undefined` if the file system has no locks, or cannot be written: opening the log says why
 * @throws {Failure} kind `failed`, while the log is repaired, or when a repair was cut off
 */
export function shareLog(log: string): LogLock | undefined {
  const lock = takeLock(log, false);
  if (lock === null) throw repaired(log, "is being repaired", "Wait until the repair is done.");
  if (checkOwnEntry(journalPath(log), "file")) {
    lock?.release();
    throw repaired(log, "is partly repaired", "Run `ticklake repair --log` to complete it.");
  }
  return lock;
}

/**
 * Holds the log alone, to repair it.
 * @throws {Failure} kind `usage`, while others have it open
 */
export function ownLog(log: string): LogLock | undefined {
  const lock = takeLock(log, true);
  if (lock !== null) return lock;
  throw new Failure("usage", `${log}: another process has it open`, {
    fix: "Stop all `ticklake` that use it (produce, consume, dashboard, ...), then repair it.",
  });
}

/** `null` when others hold it; `undefined` if there are no locks. */
function takeLock(log: string, exclusive: boolean): LogLock | undefined | null {
  const path = lockPath(log);
  checkOwnEntry(path, "file");
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true, write: true, create: true, mode: FILE_MODE });
  } catch {
    return undefined;
  }
  let isHeld: boolean;
  try {
    isHeld = file.tryLockSync(exclusive);
  } catch {
    file.close();
    return undefined;
  }
  if (isHeld) return { release: () => file.close() };
  file.close();
  return null;
}

function repaired(log: string, what: string, fix: string): Failure {
  return new Failure("failed", `${log} ${what}`, { fix });
}
