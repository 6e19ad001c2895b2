import { sleep } from "../wait/sleep.ts";

/** The schedule moves on when it is this late: after an outage there is no burst to make up for it. */
const MOST_BEHIND_MS = 1000;

/** Rows are released in groups of what falls due within this time, since timers are not finer. */
const GROUP_MS = 20;

/** When rows may be sent. */
export interface Pace {
  /** Rows that are best asked for at once. */
  readonly group: number;
  /**
   * Waits until the next `count` rows may be sent.
   * @throws the signal's reason, as soon as it aborts
   */
  wait(count: number, signal: AbortSignal): Promise<void>;
}

/** The clock that a {@linkcode pace} goes by. */
export interface Clock {
  /** Milliseconds from any fixed moment. */
  now(): number;
  /** Resolves after that many milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Releases a row each `intervalMs`, the first one at once. Each time is reckoned from the beginning,
 * so that the time that sending takes does not add up; held up for more than a second, it continues
 * from there.
 * @param intervalMs milliseconds between two rows, also a fraction; 0 for no waiting at all
 * @param largest most rows of a group
 */
export function pace(intervalMs: number, largest: number, clock: Clock = SYSTEM_CLOCK): Pace {
  const group = intervalMs === 0
    ? largest
    : Math.max(1, Math.min(largest, Math.floor(GROUP_MS / intervalMs)));
  let start: number | undefined;
  /** Rows released since `start`. */
  let released = 0;
  return {
    group,
    async wait(count, signal) {
      signal.throwIfAborted();
      if (intervalMs === 0) return;
      let now = clock.now();
      start ??= now;
      const due = start + released * intervalMs;
      if (now - due > MOST_BEHIND_MS) {
        start = now;
        released = 0;
      }
      // A timer may fire a little early, and takes no more than 24 days.
      for (; now < due; now = clock.now()) {
        await clock.sleep(Math.min(due - now, 2 ** 31 - 1), signal);
      }
      released += count;
    },
  };
}

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  sleep,
};
