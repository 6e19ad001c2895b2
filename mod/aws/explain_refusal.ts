import { Failure } from "../failure/failure.ts";

/** What was asked when a service answered with an error of its own. */
const ACTIONS = new WeakMap<Error, string>();

/** Notes what was asked, as policies name it, when a service answered with an error. */
export function noteAction(error: unknown, action: string): void {
  if (error instanceof Error) ACTIONS.set(error, action);
}

/**
 * An error that no caller knew what to do about, for the user: what a service answered, and to what.
 * Errors that no service has sent stay as they are.
 */
export function explainRefusal(error: unknown): unknown {
  const action = error instanceof Error ? ACTIONS.get(error) : undefined;
  if (action === undefined) return error;
  const { name, message } = error as Error;
  return new Failure("failed", `${action}: ${name}: ${message}`, {
    cause: error,
    fix: "Nothing was undone. Fix what it names, then repeat the command: it continues.",
  });
}
