/**
 * Texts of a file's field that stand for no value, as pandas, spreadsheets and exchanges write them.
 * Exactly these: `NA`, `NAN` and `NULL` in other case are symbols that are traded.
 */
export const NULL_WORDS: readonly string[] = ["null", "NULL", "N/A", "n/a", "NaN", "nan", "-"];

const WORDS = new Set(NULL_WORDS);
const BYTES = NULL_WORDS.map((word) => new TextEncoder().encode(word));

/** Maximum characters of one of them. */
export const LONGEST_NULL_WORD = Math.max(...NULL_WORDS.map(({ length }) => length));

/** Whether a field's text is no value: empty, or one of {@linkcode NULL_WORDS}. */
export function isNoValue(text: string): boolean {
  return text === "" || WORDS.has(text);
}

/** The same of `bytes[start, end)`. */
export function isNoValueBytes(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return true;
  const first = bytes[start];
  if (length > LONGEST_NULL_WORD || (first !== 0x6e && first !== 0x4e && first !== 0x2d)) {
    return false;
  }
  for (let w = 0; w < BYTES.length; w++) {
    const word = BYTES[w];
    if (word.length !== length) continue;
    let same = 0;
    while (same < length && bytes[start + same] === word[same]) same++;
    if (same === length) return true;
  }
  return false;
}
