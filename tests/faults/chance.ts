import { seededRandom } from "../../mod/source/random.ts";

/** Random choices that a seed reproduces. The timing of other processes cannot be reproduced. */
export class Chance {
  readonly seed: number;
  readonly #random: () => number;

  constructor(seed: number) {
    this.seed = seed;
    this.#random = seededRandom(seed);
  }

  /** A number in [from, to). */
  between(from: number, to: number): number {
    return from + this.#random() * (to - from);
  }

  /** A whole number in [from, to], both included. */
  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1));
  }

  /** Is true with that probability. */
  happens(probability: number): boolean {
    return this.#random() < probability;
  }

  /** One of them. */
  one<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)];
  }
}
