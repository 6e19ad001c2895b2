import { sleep } from "../../wait/sleep.ts";
import { Failure } from "../../failure/failure.ts";

/** How to wait for something in Glue. */
export interface Waiting {
  /** Longest time to wait, in milliseconds. */
  timeoutMs: number;
  /** Milliseconds between polls. @default {1_000} */
  pollMs?: number;
  /** Ends the waiting; the signal's reason is then thrown. */
  signal: AbortSignal;
  /** Called with what it is waiting for. */
  onProgress(text: string): void;
}

/**
 * Polls until the work is done.
 * @throws {Failure} kind `service`, with the last state, when the time is up
 */
export async function poll(
  { timeoutMs, pollMs = 1000, signal, onProgress }: Waiting,
  look: () => Promise<{ done: true } | { state: string }>,
): Promise<void> {
  const begin = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if ("done" in found) return;
    const waited = performance.now() - begin;
    onProgress(`${found.state} (${Math.round(waited / 1000)} s)`);
    if (waited + pollMs > timeoutMs) {
      throw new Failure("service", `${found.state}, for ${Math.round(waited / 1000)} s now`, {
        fix: "Wait for it and run the command again, or wait longer with --timeout.",
      });
    }
    await sleep(pollMs, signal);
  }
}
