/** Options of {@linkcode backoff}. */
export interface BackoffOptions {
  /** Milliseconds of the first pause. */
  firstMs: number;
  /** Milliseconds that no pause exceeds, jitter aside. */
  longestMs: number;
  /** Share by which a pause may be shorter or longer, so that many do not come back at once. @default {0} */
  jitter?: number;
}

/**
 * Milliseconds to wait between attempts, without end: each pause twice as long as the one before.
 */
export function* backoff(
  { firstMs, longestMs, jitter = 0 }: BackoffOptions,
): Generator<number, never> {
  for (let ms = firstMs;; ms = Math.min(2 * ms, longestMs)) {
    yield ms * (1 + jitter * (2 * Math.random() - 1));
  }
}
