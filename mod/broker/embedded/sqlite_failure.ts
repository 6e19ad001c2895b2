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

const ELSEWHERE = "Move it away, or choose another --home.";

/** The primary result code of an error that `node:sqlite` threw, else `undefined`. */
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
        "the disk is full; what was not acknowledged was not stored",
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
      return failure("failed", `the file is damaged: ${messageOf(error)}`, ELSEWHERE);
    case CODES.NOTADB:
      return failure("failed", "expected an embedded log, found another kind of file", ELSEWHERE);
    case CODES.TOOBIG:
      return failure("failed", "a message is too large for it", "Send smaller messages.");
  }
  return error;
}
