import type { CommandContext } from "../cli/command.ts";
import { Failure } from "../failure/failure.ts";

/**
 * What to throw for an error that ended a command which has no result without its end: where the user
 * stopped it, a failure that says so, so that a script does not go on.
 * @param state how things stand now, a sentence without a full stop
 */
export function stopped(error: unknown, { signal }: CommandContext, state: string): unknown {
  if (!signal.aborted || error !== signal.reason) return error;
  return new Failure("failed", `stopped: ${state}`, { cause: error });
}

/**
 * Waits for a piece of work, but no longer than until the user stops the command. The work is not ended
 * by that: it is for what has no end of its own, before anything was done that must be finished.
 * @throws the signal's reason
 */
export async function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => {});
  }
}
