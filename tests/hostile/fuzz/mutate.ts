import { seededRandom } from "../../../mod/source/random.ts";

/** Bytes that mean something to one of the formats, and numbers at the edges of what a field can say. */
const TELLING = [
  ...['"', "\\", "{", "}", "[", "]", ",", ":", "\n", "\r", ";", "\t", "-", "e", ".", "0"]
    .map((character) => [character.charCodeAt(0)]),
  [0x00],
  [0xff],
  [0x7f, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xef, 0xbb, 0xbf],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
];

/** Makes new inputs of old ones; the same seed makes the same. */
export class Mutator {
  readonly #random: () => number;
  readonly #corpus: readonly Uint8Array[];

  constructor(corpus: readonly Uint8Array[], seed: number) {
    this.#random = seededRandom(seed);
    this.#corpus = corpus;
  }

  /** One of the corpus with one to eight changes. */
  next(): Uint8Array {
    let bytes = this.#some(this.#corpus);
    for (let left = 1 + this.#below(8); left > 0; left--) bytes = this.#change(bytes);
    return bytes;
  }

  #change(bytes: Uint8Array): Uint8Array {
    const [a, b] = [this.#below(bytes.length + 1), this.#below(bytes.length + 1)];
    const [from, to] = a < b ? [a, b] : [b, a];
    switch (this.#below(7)) {
      case 0: {
        const flipped = bytes.slice();
        if (from < flipped.length) flipped[from] ^= 1 << this.#below(8);
        return flipped;
      }
      case 1:
        return joined(
          bytes.subarray(0, from),
          Uint8Array.from(this.#some(TELLING)),
          bytes.subarray(from),
        );
      case 2: {
        const written = bytes.slice();
        written.set(this.#some(TELLING).slice(0, bytes.length - from), from);
        return written;
      }
      case 3:
        return bytes.slice(0, to);
      case 4:
        return joined(
          bytes.subarray(0, from),
          bytes.subarray(Math.min(to, from + this.#below(32))),
        );
      case 5:
        return joined(
          bytes.subarray(0, to),
          bytes.subarray(from, Math.min(to, from + 256)),
          bytes.subarray(to),
        );
      default: {
        const other = this.#some(this.#corpus);
        return joined(bytes.subarray(0, from), other.subarray(this.#below(other.length + 1)));
      }
    }
  }

  #some<T>(values: readonly T[]): T {
    return values[this.#below(values.length)];
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
