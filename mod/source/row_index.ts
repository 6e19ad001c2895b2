/** Where to look for a row: it is the `skip`-th valid one of those that lie in `[start, end)`. */
export interface RowPlace {
  /** First byte of a valid row. */
  start: number;
  /** Infinity for the file's end. */
  end: number;
  skip: number;
}

/**
 * Where the rows of a file lie, in bounded memory: all of them while they are few, otherwise every
 * second, fourth, … one.
 */
export class RowIndex {
  readonly #most: number;
  #offsets: number[] = [];
  #stride = 1;
  #count = 0;

  /** @param most entries to hold, 8 bytes each */
  constructor(most = 2 ** 20) {
    this.#most = most;
  }

  /** Number of rows. */
  get count(): number {
    return this.#count;
  }

  /** Adds the next row of the file. */
  add(offset: number): void {
    if (this.#count++ % this.#stride !== 0) return;
    this.#offsets.push(offset);
    if (this.#offsets.length <= this.#most) return;
    this.#offsets = this.#offsets.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  /** Where the `row`-th row (from 0) is. */
  place(row: number): RowPlace {
    const entry = Math.floor(row / this.#stride);
    return {
      start: this.#offsets[entry],
      end: this.#offsets[entry + 1] ?? Infinity,
      skip: row % this.#stride,
    };
  }
}
