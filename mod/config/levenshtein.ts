/** Letters to insert, delete or replace to get from one text to the other. */
export function levenshtein(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      next.push(Math.min(row[j] + Number(letter !== other), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[b.length];
}
