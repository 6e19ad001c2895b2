import { Failure, messageOf } from "./failure.ts";

/** Files that a process needs at once for a connection, a name's lookup and a file. */
const SPARE_FILES = 8;

/**
 * Explains a failure if the process has reached its limit of open files: Deno says of a connection
 * that it was refused, and SQLite of a file that it cannot be opened.
 * @returns the failure that says so, otherwise the given error
 */
export function tooManyFiles(error: unknown): unknown {
  if (!isOutOfFiles(error)) {
    const isOwn = error instanceof Failure && ["usage", "rejected"].includes(error.kind);
    if (isOwn || hasSpareFiles()) return error;
  }
  const message = messageOf(error).replace(/ \(os error 24\)/, "");
  const words = /too many open files/i.test(message) ? "" : ": too many open files";
  return new Failure("service", `${message}${words} (the limit of this process is reached)`, {
    cause: error,
    fix:
      "Raise the limit: `ulimit -n 65536` in the shell, LimitNOFILE=65536 in a systemd unit, --ulimit nofile=65536 in Docker. `ulimit -n` shows it.",
  });
}

/** Files that the runtime needs to start a thread; with fewer it ends the process with a stack trace (Deno 2.9). */
const THREAD_FILES = 12;

/**
 * Refuses to start a thread for which the runtime could not open its files. To be called before each `Worker`.
 * @throws {Failure} kind `service`
 */
export function requireFilesForThread(): void {
  if (hasFilesForThread()) return;
  throw tooManyFiles(new Error("a thread cannot be started: too many open files"));
}

/** Whether the runtime can open its files for one more thread. */
export function hasFilesForThread(): boolean {
  return hasSpareFiles(THREAD_FILES);
}

function isOutOfFiles(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ((at as { code?: unknown }).code === "EMFILE") return true;
    if (/too many open files|os error 24\b/i.test(at.message)) return true;
  }
  return false;
}

/** Whether so many more files can be opened. There is no other way to know: /proc is closed to the program. */
function hasSpareFiles(count = SPARE_FILES): boolean {
  const opened: Deno.FsFile[] = [];
  try {
    while (opened.length < count) opened.push(Deno.openSync("/dev/null"));
    return true;
  } catch (error) {
    return !isOutOfFiles(error);
  } finally {
    for (const file of opened) file.close();
  }
}
