import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";

/**
 * What to throw for an error that ended a command which has no partial result: if the user stopped
 * it, a failure that says so, so that a script does not continue.
 * @param state the current state, a sentence without a full stop; a dry run has its own
 */
export function stoppedFailure(
  error: unknown,
  { signal, settings: { dryRun } }: CommandContext,
  state: string,
): unknown {
  if (!signal.aborted || error !== signal.reason) return error;
  const outcome = dryRun ? "the dry run is not complete; nothing was changed" : state;
  return new Failure("failed", `stopped: ${outcome}`, { cause: error });
}
