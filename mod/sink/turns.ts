/** Work of one partition that is done one after the other; once some of it has failed, nothing more. */
export class Turns {
  readonly #failed: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #broken = false;

  /** @param failed is told the first failure */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Pieces of work that are not done. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Has something done in its turn.
   * @returns whether it was done; never rejects
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

  /** Resolves when nothing waits. */
  async settled(): Promise<void> {
    while (this.#waiting > 0) await this.#last;
  }
}
