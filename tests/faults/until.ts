import { pause } from "./pause.ts";

/** Longest wait for something that must happen. */
const PATIENCE_MS = 90_000;

/** Waits until something holds. @throws when it does not in time, saying what was waited for */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms until ${what}`);
    await pause(20);
  }
}
