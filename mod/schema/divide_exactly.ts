/** Splits a double into two of 26 bits each (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;

/** Above the relative error of the quotient's correction: two roundings and a neglected product. */
const DOUBT = 2 ** -48;

/**
 * The double nearest to `(high * scale + low) / divisor`, where a doubt is possible NaN: the quotient and
 * what it lacks are computed as a pair of doubles (T. Dekker, "A Floating-Point Technique for Extending
 * the Available Precision", 1971), and the sum of both is the answer where it does not depend on the
 * pair's own error.
 * @param high whole, below 10^15
 * @param scale a power of ten up to 10^4
 * @param low whole, below `scale`
 * @param divisor a power of ten up to 10^22
 */
export function divideExactly(high: number, scale: number, low: number, divisor: number): number {
  // The dividend as a sum of two doubles, exact: both products have at most 50 bits.
  const upper = Math.floor(high / 67_108_864) * 67_108_864;
  const first = upper * scale;
  const second = (high - upper) * scale + low;
  const dividend = first + second;
  const rest = second - (dividend - first);
  const quotient = dividend / divisor;
  // quotient * divisor as a sum of two doubles, exact.
  const product = quotient * divisor;
  let split = SPLITTER * quotient;
  const quotientHigh = split - (split - quotient);
  const quotientLow = quotient - quotientHigh;
  split = SPLITTER * divisor;
  const divisorHigh = split - (split - divisor);
  const divisorLow = divisor - divisorHigh;
  const error = ((quotientHigh * divisorHigh - product) + quotientHigh * divisorLow +
    quotientLow * divisorHigh) + quotientLow * divisorLow;
  const correction = ((dividend - product) - error + rest) / divisor;
  const doubt = Math.abs(correction) * DOUBT;
  const nearest = quotient + (correction - doubt);
  return nearest === quotient + (correction + doubt) ? nearest : NaN;
}
