import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";

/**
 * What to throw for an error that ended a command which has no result without its end: where the user
 * stopped it, a failure that says so, so that a script does not continue.
 * @param state how things stand now, a sentence without a full stop
 */
export function stoppedFailure(error: unknown, { signal }: CommandContext, state: string): unknown {
  if (!signal.aborted || error !== signal.reason) return error;
  return new Failure("failed", `stopped: ${state}`, { cause: error });
}
