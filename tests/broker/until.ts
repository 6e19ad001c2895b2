/** Longest wait of a test for something that must happen. Kafka's groups take seconds to settle. */
const PATIENCE_MS = 60_000;

/**
 * Waits until something holds.
 * @throws when it does not within a minute, saying what was waited for
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
