/** A text of JSON, or a word that Python's `json.dumps` writes for a number that JSON does not have. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * The text with each NaN, Infinity and -Infinity outside of texts replaced.
 * @param replacement what stands there instead, JSON
 * @returns `null` if there is none
 */
export function withoutNaN(text: string, replacement: (word: string) => string): string | null {
  let isFound = false;
  const replaced = text.replace(TOKEN, (token) => {
    if (token[0] === '"') return token;
    isFound = true;
    return replacement(token);
  });
  return isFound ? replaced : null;
}
