/** Wrong tokens that one address may give within {@linkcode WINDOW_MS}. */
const OF_ADDRESS = 10;

/** Wrong tokens that all addresses together may give in that time. */
const OF_ALL = 200;

/** Milliseconds for which a wrong token counts. */
const WINDOW_MS = 60_000;

/** Counts wrong tokens, so that a token cannot be found by trying. */
export class GuessLimit {
  readonly #now: () => number;
  #since = -Infinity;
  #all = 0;
  readonly #of = new Map<string, number>();

  /** @param now milliseconds of a clock that is never set back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether an address may try again now. */
  allows(remote: string): boolean {
    if (this.#now() - this.#since > WINDOW_MS) this.#begin();
    return this.#all < OF_ALL && (this.#of.get(remote) ?? 0) < OF_ADDRESS;
  }

  /** Counts a wrong token. */
  wrong(remote: string): void {
    this.#all++;
    this.#of.set(remote, (this.#of.get(remote) ?? 0) + 1);
  }

  #begin(): void {
    this.#since = this.#now();
    this.#all = 0;
    this.#of.clear();
  }
}
