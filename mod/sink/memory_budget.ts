/** Counts the bytes of rows that are held and not yet written, and holds back reading when there are too many. */
export class MemoryBudget {
  readonly #limit: number;
  readonly #changed: (held: number) => void;
  #held = 0;
  #waiting: Array<() => void> = [];

  /**
   * @param limit most bytes to hold
   * @param changed is told the bytes that are held, after each change
   */
  constructor(limit: number, changed: (held: number) => void = () => {}) {
    this.#limit = limit;
    this.#changed = changed;
  }

  /** Bytes held. */
  get held(): number {
    return this.#held;
  }

  /** Whether so much is held that something should be written before it is due. */
  get tight(): boolean {
    return this.#held > this.#limit * 3 / 4;
  }

  /** Most bytes to hold. */
  get limit(): number {
    return this.#limit;
  }

  /** Whether no more may be read. */
  get full(): boolean {
    return this.#held >= this.#limit;
  }

  /** Counts bytes, negative ones for what was let go. */
  add(bytes: number): void {
    if (bytes === 0) return;
    this.#held += bytes;
    this.#changed(this.#held);
    if (bytes < 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resume of waiting) resume();
    }
  }

  /** Waits for as long as a condition holds, looking at it whenever bytes are let go; or until the signal aborts. */
  async waitWhile(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const resume = () => resolve();
      this.#waiting.push(resume);
      signal.addEventListener("abort", resume);
      await promise;
      signal.removeEventListener("abort", resume);
    }
  }
}
