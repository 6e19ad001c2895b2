import { randomBytes } from "node:crypto";

/** Milliseconds after which a browser must give the token again. */
const LIFETIME_MS = 12 * 3_600_000;

/** Maximum number of sessions; the oldest is evicted. */
const MOST = 100;

/** Browsers that have given the token. What they keep is not the token, and of no use after a restart. */
export class Sessions {
  readonly #now: () => number;
  /** When each ends, by id; the oldest first. */
  readonly #ends = new Map<string, number>();

  /** @param now milliseconds of a clock that is never set back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Begins a session; gives its id. */
  begin(): string {
    if (this.#ends.size >= MOST) this.#ends.delete(this.#ends.keys().next().value!);
    const id = randomBytes(32).toString("hex");
    this.#ends.set(id, this.#now() + LIFETIME_MS);
    return id;
  }

  /** Whether a session of that id has begun and not ended. */
  has(id: string): boolean {
    const end = this.#ends.get(id);
    if (end === undefined) return false;
    if (this.#now() < end) return true;
    this.#ends.delete(id);
    return false;
  }
}
