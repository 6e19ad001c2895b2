/** Lets one loop sleep until there is something to do. A wake before the wait counts. */
export class Wakeup {
  #woken = false;
  #resolve: (() => void) | undefined;

  /** Ends the wait, or the next one. */
  wake(): void {
    this.#woken = true;
    this.#resolve?.();
  }

  /** Waits for a wake, or for so many milliseconds. */
  async wait(timeoutMs?: number): Promise<void> {
    if (!this.#woken) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
      this.#resolve = undefined;
    }
    this.#woken = false;
  }
}
