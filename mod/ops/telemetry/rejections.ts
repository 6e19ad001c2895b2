/** Maximum distinct reasons; further ones count as `other`, so that metrics stay few. */
const MOST_KINDS = 64;

/** Label of the reasons beyond these. */
const OTHER = "other";

interface Burst {
  atMs: number;
  count: number;
}

/** Counts rejected rows: by the kind of reason since the start, and recently. */
export class Rejections {
  readonly #byKind = new Map<string, number>();
  readonly #now: () => number;
  readonly #windowMs: number;
  #recent: Burst[] = [];

  /**
   * @param windowMs how long a rejection counts as recent
   * @param now milliseconds, ascending
   */
  constructor(windowMs: number, now: () => number = Date.now) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Number of rejected rows by kind of reason. */
  get byKind(): ReadonlyMap<string, number> {
    return this.#byKind;
  }

  /** Number of the rows that were rejected within the window. */
  get recent(): number {
    const since = this.#now() - this.#windowMs;
    this.#recent = this.#recent.filter(({ atMs }) => atMs > since);
    return this.#recent.reduce((sum, { count }) => sum + count, 0);
  }

  add(reason: string, count: number): void {
    const kind = reasonKind(reason);
    const known = this.#byKind.has(kind) || this.#byKind.size < MOST_KINDS ? kind : OTHER;
    this.#byKind.set(known, (this.#byKind.get(known) ?? 0) + count);
    const atMs = this.#now();
    const last = this.#recent.at(-1);
    // One entry a second is enough, however many rows are rejected.
    if (last !== undefined && atMs - last.atMs < 1000) last.count += count;
    else this.#recent.push({ atMs, count });
  }
}

/**
 * The first of a row's reasons, without the values that were found, so that one mistake in many rows
 * is one kind: `Close: expected a number, found "x"` and `High 5 is below Low 6` are the kinds
 * `Close: expected a number` and `High is below Low`.
 */
export function reasonKind(reason: string): string {
  return reason
    .replace(/; .*$/s, "")
    .replace(/,? found .*$/s, "")
    .replace(/:? *".*$/s, "")
    .replace(/ [-+\d]\S*(?= is )/, "")
    // What follows is a bound of the schema, or a column and its value.
    .replace(/( is below .*\S) \S+$/, "$1")
    .trim();
}
