import { Failure, messageOf } from "../../failure/failure.ts";

/** SQLite's primary result codes that mean something to a user. Source: sqlite.org/rescode.html. */
const CODES = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  TOOBIG: 18,
  NOTADB: 26,
} as const;

/** What to do about a damaged log. */
export const REPAIR_LOG =
  "Stop all `ticklake` that use it, then run `ticklake repair --log`: it recovers what can be read and keeps the damaged file.";

/** A log that is not as it was written. @param how what is wrong, for the message */
export function damagedLog(path: string, how: string, cause?: unknown): Failure {
  return new Failure("failed", `${path}: the log is damaged: ${how}`, { fix: REPAIR_LOG, cause });
}

/** The primary result code of an error that `node:sqlite` threw, otherwise `undefined`. */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Whether another connection holds a lock, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === CODES.BUSY || code === CODES.LOCKED || code === CODES.PROTOCOL;
}

/**
 * What an error of SQLite means for a user; anything else is given back as it is.
 * @param path the database's file
 */
export function sqliteFailure(error: unknown, path: string): unknown {
  if (error instanceof Failure) return error;
  const failure = (kind: "failed" | "service", what: string, fix: string) =>
    new Failure(kind, `${path}: ${what}`, { fix, cause: error });
  switch (codeOf(error)) {
    case CODES.BUSY:
    case CODES.LOCKED:
    case CODES.PROTOCOL:
      return failure(
        "service",
        "another process has held its lock too long",
        "Look for a stopped or hung process that uses the file and end it; nothing is lost.",
      );
    case CODES.FULL:
      return failure(
        "service",
        "the disk is full; unacknowledged messages were not stored",
        "Free space on that disk, then start again.",
      );
    case CODES.PERM:
    case CODES.READONLY:
      return failure(
        "service",
        "it cannot be written",
        "Make the file and its directory writable for this user, or choose another --home.",
      );
    case CODES.IOERR:
      return failure(
        "service",
        `reading or writing failed: ${messageOf(error)}`,
        "Check the disk (full? file-size limit? failing?), then start again.",
      );
    case CODES.CANTOPEN:
      return failure(
        "service",
        "it cannot be opened or created",
        "Check that its directory exists and is writable for this user.",
      );
    case CODES.CORRUPT:
      return damagedLog(path, messageOf(error), error);
    case CODES.NOTADB:
      return failure(
        "failed",
        "expected an embedded log, found another kind of file",
        `If it was one, its header is damaged: run \`ticklake repair --log\`. Otherwise move it away, or choose another --home.`,
      );
    case CODES.TOOBIG:
      return failure("failed", "a message is too large for it", "Send smaller messages.");
  }
  return error;
}
