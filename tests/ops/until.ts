/** Waits until a condition holds. @throws when it does not within half a minute */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = "what was waited for",
): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
