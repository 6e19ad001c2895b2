import { divideExactly } from "./divide_exactly.ts";
import { daysFromCivil, daysInMonth } from "./calendar.ts";

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Digits that are read into one 32-bit integer. */
const PART_DIGITS = 9;

/** Digits of integers that are all exact as doubles. */
const EXACT_DIGITS = 15;

/** Digits up to which a number is read without the engine. */
const MOST_DIGITS = 18;

/**
 * Reads a JSON number at `at` into `into[index]`, as `JSON.parse` would. Its digits become two whole
 * numbers of up to nine each: in integers, as a digit more takes a double twice the time. Up to 15 digits
 * it is one division of two doubles that are exact, hence correctly rounded (W. Clinger, "How to Read
 * Floating Point Numbers Accurately", 1990). Longer ones are made by a function of their own: V8 inlines
 * only short ones into the loop over the columns.
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
  let digit = bytes[at] - 0x30;
  if (!(digit >= 0 && digit <= 9)) return 0;
  const leadingZero = digit === 0;
  let high = digit;
  let low = 0;
  let digits = 1;
  digit = bytes[++at] - 0x30;
  while (digit >= 0 && digit <= 9) {
    if (digits < PART_DIGITS) high = (Math.imul(high, 10) + digit) | 0;
    else low = (Math.imul(low, 10) + digit) | 0;
    digits++;
    digit = bytes[++at] - 0x30;
  }
  if (leadingZero && digits > 1) return 0;
  const whole = digits;
  if (bytes[at] === 0x2e) {
    digit = bytes[++at] - 0x30;
    while (digit >= 0 && digit <= 9) {
      if (digits < PART_DIGITS) high = (Math.imul(high, 10) + digit) | 0;
      else low = (Math.imul(low, 10) + digit) | 0;
      digits++;
      digit = bytes[++at] - 0x30;
    }
    if (digits === whole) return 0;
  }
  if ((bytes[at] | 0x20) === 0x65) {
    let byte = bytes[++at];
    if (byte === 0x2b || byte === 0x2d) byte = bytes[++at];
    if (!(byte >= 0x30 && byte <= 0x39)) return 0;
    while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at];
    into[index] = Number(asciiText(bytes, begin, at));
  } else if (digits > EXACT_DIGITS) {
    const long = digits > MOST_DIGITS ? NaN : longNumber(high, low, digits, digits - whole);
    into[index] = long !== long ? Number(asciiText(bytes, begin, at)) : negative ? -long : long;
  } else {
    const mantissa = digits <= PART_DIGITS ? high : high * POWERS[digits - PART_DIGITS] + low;
    const value = digits === whole ? mantissa : mantissa / POWERS[digits - whole];
    into[index] = negative ? -value : value;
  }
  return at;
}

/**
 * The number of 16 to 18 digits, as prices with full digits have, by a division of pairs of doubles; NaN
 * where it is in doubt.
 * @param high its first nine digits
 * @param low the others
 * @param decimals how many digits come after the point
 */
function longNumber(high: number, low: number, digits: number, decimals: number): number {
  if (decimals === 0) return NaN;
  const scale = POWERS[digits - EXACT_DIGITS];
  const middle = Math.floor(low / scale);
  return divideExactly(high * 1e6 + middle, scale, low - middle * scale, POWERS[decimals]);
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
