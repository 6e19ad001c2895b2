import { sleep } from "../../wait/sleep.ts";

/**
 * Longest pause, as a multiple of the attempt. With 8 writers that commit every 1 to 2 seconds and requests of
 * 30 ms, twice gives half the conflicts of a pause of at most 50 ms, and as many commits; longer pauses lose
 * commits.
 */
const SPREAD = 2;

const LONGEST_MS = 10_000;

/**
 * Waits after a commit that conflicted with another writer's: those that have collided would collide again,
 * unless they spread over as long as their attempts take.
 * @param attempted when the attempt began, by `performance.now()`
 * @throws the signal's reason
 */
export async function afterConflict(attempted: number, signal?: AbortSignal): Promise<void> {
  const spreadMs = SPREAD * (performance.now() - attempted);
  await sleep(Math.min(spreadMs, LONGEST_MS) * Math.random(), signal);
}
