import { Failure, messageOf } from "../failure/failure.ts";
import { shortName } from "./short_name.ts";

/** What the codes of the operating system mean for a directory that is a lake. */
const MEANINGS: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ENOSPC: ["the disk is full", "Free space on that disk; stored data is intact."],
  EDQUOT: ["the disk quota is used up", "Free space or raise the quota."],
  EFBIG: [
    "the file-size limit is reached",
    "Raise the limit (`ulimit -f`), or flush less at once.",
  ],
  EROFS: ["the file system is read-only", "Mount it writable, or choose another --home."],
  EACCES: ["permission denied", "Make it writable for this user, or choose another --home."],
  EPERM: ["permission denied", "Make it writable for this user, or choose another --home."],
  ENOTDIR: ["a part of the path is a file", "Move that file away, or choose another --home."],
  EISDIR: ["there is a directory of that name", "Move that directory away."],
  EXDEV: ["a folder is on another disk", "Keep the whole lake on one file system."],
  ENAMETOOLONG: ["the name is too long", "Use a shorter --topic, table or --home."],
  EMFILE: ["too many open files", "Raise the limit (`ulimit -n`)."],
};

/** Codes of what no later attempt changes: something of another kind is in the place of a file or directory of ours. */
const NO_OUTAGE: ReadonlySet<string> = new Set(["ENAMETOOLONG", "ENOTDIR", "EISDIR"]);

/** What an error of the file system means for a user. */
export function fileFailure(error: unknown, doing: string, path: string): Failure {
  if (error instanceof Failure) return error;
  const [what, fix] = MEANINGS[codeOf(error)] ??
    [messageOf(error), "Check the disk and the path, then start again."];
  const kind = NO_OUTAGE.has(codeOf(error)) ? "failed" : "service";
  return new Failure(kind, `cannot ${doing} ${shortName(path)}: ${what}`, {
    fix,
    cause: error,
  });
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  if (error instanceof Deno.errors.PermissionDenied) return "EACCES";
  return "";
}
