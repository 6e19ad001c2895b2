/**
 * Parameters of the property tests: `TEST_SEED` repeats a run that failed, `TEST_RUNS` sets how many
 * cases each property gets.
 */
export const PROPERTY: Readonly<{ seed: number; numRuns: number }> = {
  seed: Number(Deno.env.get("TEST_SEED") ?? Date.now() % 2 ** 31),
  numRuns: Number(Deno.env.get("TEST_RUNS") ?? 300),
};

console.log(`property tests: TEST_SEED=${PROPERTY.seed} TEST_RUNS=${PROPERTY.numRuns}`);
