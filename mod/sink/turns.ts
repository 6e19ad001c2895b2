/** Runs a partition's tasks one after the other; after one has failed, no more. */
export class Turns {
  readonly #failed: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #broken = false;

  /** @param failed called with the first failure */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Number of unfinished tasks. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs a task in its turn.
   * @returns whether it succeeded; never rejects
   */
  add(work: () => Promise<unknown>): Promise<boolean> {
    this.#waiting++;
    const turn = this.#last.then(async () => {
      try {
        if (this.#broken) return false;
        await work();
        return true;
      } catch (error) {
        this.#broken = true;
        this.#failed(error);
        return false;
      } finally {
        this.#waiting--;
      }
    });
    this.#last = turn.then(() => {});
    return turn;
  }

  /** Resolves when no task is left. */
  async settled(): Promise<void> {
    while (this.#waiting > 0) await this.#last;
  }
}
