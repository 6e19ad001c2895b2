import { dirname } from "node:path";

/** Largest file that is taken for a history, in bytes. */
const MOST_BYTES = 16 * 2 ** 20;

/** The lines of a history, newest first, as readline has it; none where there is no such file. */
export function readHistory(path: string | undefined): string[] {
  if (path === undefined) return [];
  try {
    // A pipe would be waited for, and a device has no end.
    const { isFile, size } = Deno.statSync(path);
    if (!isFile || size > MOST_BYTES) return [];
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "").reverse();
  } catch {
    return [];
  }
}

/** Writes a history that only its user can read, unless there is something other than a file: a shell ends anyway. */
export function writeHistory(path: string | undefined, newestFirst: readonly string[]): void {
  if (path === undefined || newestFirst.length === 0 || !mayWrite(path)) return;
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(path, newestFirst.toReversed().join("\n") + "\n", { mode: 0o600 });
  } catch {
    // Not being able to keep the history is not an error.
  }
}

/** Whether a file is there, or nothing. To open a pipe that nobody reads would wait forever. */
function mayWrite(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
