/** The number of a text that JSON has as one; digits alone that a double does not hold exactly a bigint. */
export function exactNumber(text: string): number | bigint {
  const number = Number(text);
  if (Number.isSafeInteger(number) || !/^-?\d+$/.test(text)) return number;
  return BigInt(text);
}
