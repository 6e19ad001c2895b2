/** Lets loops wait until something may have changed; they look for themselves what it was. */
export class Bell {
  #ring = () => {};
  #rung = this.#next();

  #next(): Promise<void> {
    return new Promise((resolve) => this.#ring = resolve);
  }

  /** Wakes all that wait. */
  ring(): void {
    this.#ring();
    this.#rung = this.#next();
  }

  /** The next ring. */
  wait(): Promise<void> {
    return this.#rung;
  }
}
