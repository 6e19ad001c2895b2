import { divideExactly } from "./divide_exactly.ts";
import { daysFromCivil, daysInMonth } from "./calendar.ts";

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Digits of whole numbers that are all exact as doubles. */
const EXACT_DIGITS = 15;

/** Digits up to which a number is read without the engine. */
const MOST_DIGITS = 19;

/**
 * Reads a JSON number at `at` into `into[index]`, as `JSON.parse` would. Up to 15 digits it is one
 * division of two doubles that are exact, hence correctly rounded (W. Clinger, "How to Read Floating
 * Point Numbers Accurately", 1990). Longer ones are read by a function of their own: V8 inlines only
 * short ones into the loop over the columns.
 * @returns where it ends, or 0 when there is no JSON number
 */
export function scanNumber(
  bytes: Uint8Array,
  at: number,
  into: Float64Array,
  index: number,
): number {
  const begin = at;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  let byte = bytes[at];
  if (!(byte >= 0x30 && byte <= 0x39)) return 0;
  const leadingZero = byte === 0x30;
  let mantissa = byte - 0x30;
  let digits = 1;
  byte = bytes[++at];
  while (byte >= 0x30 && byte <= 0x39) {
    mantissa = mantissa * 10 + (byte - 0x30);
    digits++;
    byte = bytes[++at];
  }
  if (leadingZero && digits > 1) return 0;
  let decimals = 0;
  if (byte === 0x2e) {
    byte = bytes[++at];
    while (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30);
      decimals++;
      byte = bytes[++at];
    }
    if (decimals === 0) return 0;
  }
  let exponent = false;
  if (byte === 0x65 || byte === 0x45) {
    exponent = true;
    byte = bytes[++at];
    if (byte === 0x2b || byte === 0x2d) byte = bytes[++at];
    if (!(byte >= 0x30 && byte <= 0x39)) return 0;
    while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at];
  }
  if (exponent || digits + decimals > EXACT_DIGITS) {
    into[index] = exponent ? Number(asciiText(bytes, begin, at)) : longNumber(bytes, begin, at);
  } else {
    const value = decimals === 0 ? mantissa : mantissa / POWERS[decimals];
    into[index] = negative ? -value : value;
  }
  return at;
}

/**
 * The number of more than 15 digits in `bytes[begin, end)`, without an exponent: up to 19 digits, as
 * prices with full digits have, by a division of pairs of doubles; else by the engine, from a string.
 */
function longNumber(bytes: Uint8Array, begin: number, end: number): number {
  const negative = bytes[begin] === 0x2d;
  const first = negative ? begin + 1 : begin;
  const split = first + EXACT_DIGITS + 1;
  let high = 0;
  let at = first;
  let point = 0;
  for (; at < split; at++) {
    const byte = bytes[at];
    if (byte === 0x2e) point = at;
    else high = high * 10 + (byte - 0x30);
  }
  if (point !== 0 && end - first - 1 <= MOST_DIGITS) {
    // What the last digits are, and the power of ten that they are below.
    let low = 0;
    let scale = 1;
    for (; at < end; at++) {
      low = low * 10 + (bytes[at] - 0x30);
      scale *= 10;
    }
    const value = divideExactly(high, scale, low, POWERS[end - point - 1]);
    if (value === value) return negative ? -value : value;
  }
  return Number(asciiText(bytes, begin, end));
}

/** Days since 1970-01-01 of the ten bytes `YYYY-MM-DD` at `at`, or NaN when they are no day. */
export function scanDay(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d) return NaN;
  const year = pair(bytes, at) * 100 + pair(bytes, at + 2);
  const month = pair(bytes, at + 5);
  const day = pair(bytes, at + 8);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) {
    return NaN;
  }
  return daysFromCivil(year, month, day);
}

/** The text of bytes that are known to be ASCII. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** Two digits as a number, or NaN. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 0x30;
  const units = bytes[at + 1] - 0x30;
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : NaN;
}
