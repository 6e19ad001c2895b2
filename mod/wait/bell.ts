/** How to wait for a {@linkcode Bell}. */
export interface BellOptions {
  /** {@linkcode Bell.rings} as it was before the caller looked: a ring since then ends the wait at once. */
  since?: number;
  /** Milliseconds to wait at most. @default {forever} */
  timeoutMs?: number;
}

/** Lets loops wait until something may have changed; they look for themselves what it was. */
export class Bell {
  #rings = 0;
  #rung = Promise.withResolvers<void>();

  /** How often it has rung. */
  get rings(): number {
    return this.#rings;
  }

  /** Wakes all that wait. */
  ring(): void {
    this.#rings++;
    const { resolve } = this.#rung;
    this.#rung = Promise.withResolvers();
    resolve();
  }

  /** Waits for the next ring. */
  async wait({ since = this.#rings, timeoutMs }: BellOptions = {}): Promise<void> {
    if (this.#rings !== since) return;
    const { promise } = this.#rung;
    if (timeoutMs === undefined) return promise;
    let timer: ReturnType<typeof setTimeout>;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
    await Promise.race([promise, late]);
    clearTimeout(timer!);
  }
}
