import { Scratch } from "./scratch.ts";

/** The distinct values of some numbers, in order of first appearance; valid until the next call. */
export interface NumberDictionary {
  distinct: Float64Array;
  /** Index of each number in `distinct`. */
  indexes: Int32Array;
}

const distinctNumbers = new Scratch((length) => new Float64Array(length));
const places = new Scratch((length) => new Int32Array(length));
const takenPlaces = new Scratch((length) => new Uint8Array(length));

/** Up to this count, all numbers are examined instead of a sample. */
const FEW = 4096;

/** Size of the sample, as a multiple of the square root of the count. */
const SAMPLE_SHARE = 8;

/** Repeated numbers in a sample from which on a dictionary may pay off. */
const LEAST_REPEATED = 16;

/**
 * The dictionary of the first `count` numbers, compared by their bits, so that zeros keep their
 * sign.
 * @param most maximum distinct numbers for which a dictionary pays off
 * @returns `undefined` if there are more, or if a sample hardly repeats
 */
export function numberDictionary(
  numbers: Float64Array,
  count: number,
  most: number,
): NumberDictionary | undefined {
  if (count > FEW && !repeats(numbers, count)) return undefined;
  const table = new Table(most);
  const distinct = distinctNumbers.take(Math.max(0, Math.min(most, count)));
  const indexes = places.take(count);
  const size = table.add(numbers, count, distinct, indexes);
  return size < 0 ? undefined : { distinct: distinct.subarray(0, size), indexes };
}

/**
 * Whether numbers from all over the column repeat. If each value occurs twice, a sample of 8 times
 * the square root of the count has 32 pairs; if none repeats, it has none. The positions are
 * random, as values that repeat at a fixed interval could evade positions at another; and they are
 * always the same.
 */
function repeats(numbers: Float64Array, count: number): boolean {
  const wanted = Math.ceil(SAMPLE_SHARE * Math.sqrt(count));
  const sample = new Float64Array(wanted);
  const taken = takenPlaces.take(count).fill(0);
  let random = 1;
  for (let i = 0; i < wanted;) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const place = Math.floor(random / 4_294_967_296 * count);
    if (taken[place] === 1) continue;
    taken[place] = 1;
    sample[i++] = numbers[place];
  }
  const distinct = new Float64Array(wanted);
  const size = new Table(wanted).add(sample, wanted, distinct, new Int32Array(wanted));
  return wanted - size >= LEAST_REPEATED;
}

/** Positions of distinct numbers by hash, with open addressing; reused by the next table. */
let slots = new Int32Array(1 << 16);

class Table {
  readonly #most: number;
  readonly #shift: number;

  constructor(most: number) {
    this.#most = most;
    const bits = Math.max(4, 33 - Math.clz32(most));
    this.#shift = 32 - bits;
    if (slots.length < 1 << bits) slots = new Int32Array(1 << bits);
    slots.fill(0, 0, 1 << bits);
  }

  /** Returns the number of distinct numbers; -1 if there are too many. */
  add(
    numbers: Float64Array,
    count: number,
    distinct: Float64Array,
    indexes: Int32Array,
  ): number {
    const shift = this.#shift;
    const mask = 2 ** (32 - shift) - 1;
    const most = this.#most;
    const words = new Int32Array(numbers.buffer, numbers.byteOffset, count * 2);
    const known = new Int32Array(distinct.buffer, distinct.byteOffset, distinct.length * 2);
    const table = slots;
    let size = 0;
    for (let i = 0, w = 0; i < count; i++, w += 2) {
      const low = words[w];
      const high = words[w + 1];
      let slot = Math.imul(Math.imul(high, 0x85ebca6b) ^ low ^ (low >>> 15), 0x9e3779b1) >>> shift;
      for (;;) {
        const place = table[slot] - 1;
        if (place < 0) {
          if (size === most) return -1;
          known[size * 2] = low;
          known[size * 2 + 1] = high;
          indexes[i] = size;
          table[slot] = ++size;
          break;
        }
        if (known[place * 2] === low && known[place * 2 + 1] === high) {
          indexes[i] = place;
          break;
        }
        slot = (slot + 1) & mask;
      }
    }
    return size;
  }
}
