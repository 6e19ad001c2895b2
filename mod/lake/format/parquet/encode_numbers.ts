import { DAY_MS } from "../../../schema/calendar.ts";
import { type Bound, numberBounds } from "./bounds.ts";
import { deltaBinaryPacked, deltaSize, MAX_DELTA_SPAN } from "./delta_binary_packed.ts";
import { dictionaryValues, type EncodedValues } from "./encoded_values.ts";
import { bitWidth } from "./hybrid.ts";
import { numberDictionary } from "./number_dictionary.ts";
import { Scratch } from "./scratch.ts";

const dayNumbers = new Scratch((length) => new Float64Array(length));
const scaledNumbers = new Scratch((length) => new Float64Array(length));
/** Never written to. */
const zeros = new Scratch((length) => new Int32Array(length));

/** Fraction of the plain size above which a dictionary is not worth the reader's time. */
const MOST_OF_PLAIN = 0.75;

/**
 * Bits per value up to which differences are chosen at once: no dictionary would be much smaller.
 */
const FEW_DELTA_BITS = 4;

/** How much larger than differences a dictionary may be, as it compresses better afterwards. */
const DICTIONARY_ODDS = 1.1;

/** Maximum values in a dictionary: for doubles 1 MiB, as much as other writers use. */
const MOST_DISTINCT = 131_072;

/** Doubles: a dictionary if they repeat, otherwise plain. */
export function encodeDoubles(numbers: Float64Array, count: number): EncodedValues {
  const [min, max] = numberBounds(numbers, count);
  // Zeros of both signs are within [-0, +0]: parquet-format, Statistics.
  const bounds = count === 0
    ? {}
    : { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max };
  const most = mostDistinct(count, 8, MOST_OF_PLAIN * 8 * count);
  const dictionary = numberDictionary(numbers, count, most);
  if (dictionary !== undefined) {
    const { distinct, indexes } = dictionary;
    const bytes = doubleBytes(distinct, 0, distinct.length);
    return dictionaryValues({ bytes, size: distinct.length }, indexes, bounds);
  }
  return { encoding: "PLAIN", page: (begin, end) => doubleBytes(numbers, begin, end), bounds };
}

/** Integers up to 2^53. */
export function encodeLongs(numbers: Float64Array, count: number): EncodedValues {
  return encodeIntegers(numbers, count, { bytes: longBytes, valueBytes: 8, bound: BigInt });
}

/** Days since 1970. */
export function encodeDays(integers: Int32Array, count: number): EncodedValues {
  const days = dayNumbers.take(count);
  days.set(integers.subarray(0, count));
  const bound = (day: number) => new Date(day * DAY_MS);
  return encodeIntegers(days, count, { bytes: dayBytes, valueBytes: 4, bound });
}

/**
 * Milliseconds since 1970, times `scale`.
 * @param scale 1 for milliseconds, 1000 for microseconds
 */
export function encodeTimestamps(
  times: Float64Array,
  count: number,
  scale: number,
): EncodedValues {
  const bound = (ms: number) => new Date(ms);
  return encodeIntegers(times, count, { bytes: longBytes, valueBytes: 8, bound, scale });
}

interface IntegerType {
  /** The numbers `[begin, end)`, plain. */
  bytes(numbers: Float64Array, begin: number, end: number, scale: number): Uint8Array;
  valueBytes: number;
  bound(value: number): Bound;
  /** Factor by which each number is multiplied. */
  scale?: number;
}

/** The smallest of differences, a dictionary and plain values. */
function encodeIntegers(
  numbers: Float64Array,
  count: number,
  { bytes, valueBytes, bound, scale = 1 }: IntegerType,
): EncodedValues {
  const [min, max] = numberBounds(numbers, count);
  const bounds = count === 0 ? {} : { min_value: bound(min), max_value: bound(max) };
  const withDictionary = (distinct: Float64Array, indexes: Int32Array) => {
    const size = distinct.length;
    const dictionary = { bytes: bytes(distinct, 0, size, scale), size };
    return dictionaryValues(dictionary, indexes, bounds);
  };
  if (count > 0 && min === max) {
    return withDictionary(numbers.subarray(0, 1), zeros.take(count));
  }
  // Beyond that, differences of doubles are inexact.
  const hasDelta = (max - min) * scale < MAX_DELTA_SPAN &&
    Math.max(-min, max) * scale <= Number.MAX_SAFE_INTEGER;
  const whole = hasDelta && scale !== 1 ? scaled(numbers, count, scale) : numbers;
  const delta = hasDelta ? deltaSize(whole, count) : Infinity;
  if (delta * 8 > FEW_DELTA_BITS * count) {
    const limit = Math.min(DICTIONARY_ODDS * delta, MOST_OF_PLAIN * valueBytes * count);
    const found = numberDictionary(numbers, count, mostDistinct(count, valueBytes, limit));
    if (found !== undefined) return withDictionary(found.distinct, found.indexes);
  }
  if (delta < valueBytes * count) {
    const page = (begin: number, end: number) => deltaBinaryPacked(whole, begin, end);
    return { encoding: "DELTA_BINARY_PACKED", page, bounds };
  }
  return { encoding: "PLAIN", page: (begin, end) => bytes(numbers, begin, end, scale), bounds };
}

function scaled(numbers: Float64Array, count: number, scale: number): Float64Array {
  const products = scaledNumbers.take(count);
  for (let i = 0; i < count; i++) products[i] = numbers[i] * scale;
  return products;
}

/** Maximum distinct values with which a dictionary and its indexes stay within `limit` bytes. */
function mostDistinct(count: number, valueBytes: number, limit: number): number {
  let most = 0;
  for (let width = 1; width <= bitWidth(MOST_DISTINCT - 1); width++) {
    const room = Math.floor((limit - count * width / 8) / valueBytes);
    most = Math.max(most, Math.min(room, 2 ** width));
  }
  return most;
}

/** Parquet's and the machine's byte order are both little-endian on every platform Deno has. */
function doubleBytes(numbers: Float64Array, begin: number, end: number): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset + begin * 8, (end - begin) * 8);
}

function dayBytes(numbers: Float64Array, begin: number, end: number): Uint8Array {
  return new Uint8Array(Int32Array.from(numbers.subarray(begin, end)).buffer);
}

/**
 * Integers up to 2^53 as 64-bit little-endian two's complement, each times `scale` (at most 2^20),
 * even if the product is above 2^53.
 */
function longBytes(
  numbers: Float64Array,
  begin: number,
  end: number,
  scale: number,
): Uint8Array {
  const words = new Int32Array((end - begin) * 2);
  for (let i = begin, w = 0; i < end; i++, w += 2) {
    const high = Math.floor(numbers[i] / 4_294_967_296);
    const low = (numbers[i] - high * 4_294_967_296) * scale;
    const carry = Math.floor(low / 4_294_967_296);
    words[w] = low - carry * 4_294_967_296;
    words[w + 1] = high * scale + carry;
  }
  return new Uint8Array(words.buffer);
}
