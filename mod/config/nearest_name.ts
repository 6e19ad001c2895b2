/** Mistakes that a name can have and still be taken for another: letters missing, too many or wrong. */
const MOST_MISTAKES = 2;

/** The known name that was probably meant, or `undefined` when none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = MOST_MISTAKES + 1;
  for (const candidate of known) {
    const count = mistakes(name, candidate);
    if (count < fewest) [best, fewest] = [candidate, count];
  }
  return best;
}

/** Levenshtein distance: letters to insert, remove or replace. */
function mistakes(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_MISTAKES) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
