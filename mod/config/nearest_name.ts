import { levenshtein } from "./levenshtein.ts";

/** Mistakes that a name can have and still be taken for another: letters missing, too many or wrong. */
const MOST_MISTAKES = 2;

/** The known name that was probably meant, or `undefined` when none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = MOST_MISTAKES + 1;
  for (const candidate of known) {
    if (Math.abs(name.length - candidate.length) > MOST_MISTAKES) continue;
    const count = levenshtein([...name], [...candidate]);
    if (count < fewest) [best, fewest] = [candidate, count];
  }
  return best;
}
