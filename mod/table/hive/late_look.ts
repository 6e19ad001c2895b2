/** Milliseconds after which no late object of a former owner is expected any more. */
const LATE_MS = 7 * 86_400_000;

/** Milliseconds for which each assignment looks for late objects. */
const ALWAYS_MS = 600_000;

/** Share of the time before a look that has to pass until the next one. */
const PAUSE_SHARE = 1 / 4;

/**
 * Whether to look for objects that former owners have put late, which lists the whole table. Objects are late
 * by the length of a pause, of which long ones are rare: the longer ago the generation was raised, the longer
 * the time between two looks. After the first ten minutes that is about thirty looks, however often
 * partitions are assigned.
 * @param times milliseconds since 1970: when the generation was raised, the looks since then, and now
 */
export function isLookDue(
  { since, looked, now }: { since: number; looked: readonly number[]; now: number },
): boolean {
  const age = now - since;
  if (age >= LATE_MS) return false;
  // Clocks differ: a look in the future is none.
  const last = Math.max(...looked.filter((at) => at <= now), -Infinity);
  return age < ALWAYS_MS || now - last >= (last - since) * PAUSE_SHARE;
}
