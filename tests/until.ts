import { sleep } from "../mod/wait/sleep.ts";

/** Longest wait for something that must happen. Kafka's groups take seconds to settle, under load more. */
const PATIENCE_MS = 90_000;

/**
 * Waits until something holds.
 * @param what is waited for, for the message where it does not happen
 * @param patienceMs how long it waits, in milliseconds
 * @throws when it does not hold in time, saying what was waited for
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms until ${what}`);
    await sleep(10);
  }
}
