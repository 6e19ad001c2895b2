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
 * Point Numbers Accurately", 1990); up to 19, as prices with full digits have, a division of pairs of
 * doubles; the engine reads longer ones and those with an exponent, from a string.
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
  // Digits after the fifteenth, and the power of ten that they are below.
  let low = 0;
  let scale = 1;
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
      if (digits + decimals < EXACT_DIGITS) {
        mantissa = mantissa * 10 + (byte - 0x30);
      } else {
        low = low * 10 + (byte - 0x30);
        scale *= 10;
      }
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
  let value = NaN;
  if (!exponent && digits <= EXACT_DIGITS) {
    if (digits + decimals <= EXACT_DIGITS) {
      value = decimals === 0 ? mantissa : mantissa / POWERS[decimals];
    } else if (digits + decimals <= MOST_DIGITS) {
      value = divideExactly(mantissa, scale, low, POWERS[decimals]);
    }
  }
  if (value !== value) into[index] = Number(asciiText(bytes, begin, at));
  else into[index] = negative ? -value : value;
  return at;
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
