import { getLogger } from "@logtape/logtape";
import { ASK_DOCTOR } from "../../failure/fix_of.ts";
import { abortable } from "../../wait/abortable.ts";
import { backoff } from "../../wait/backoff.ts";
import { sleep } from "../../wait/sleep.ts";
import { describeError, refused, UNKNOWN_PATIENCE_MS, verdictOf } from "./request_error.ts";

const logger = getLogger(["ticklake", "kafka"]);

/** The pauses between two attempts. */
const PAUSES = { firstMs: 100, longestMs: 2000, jitter: 0.2 };

/** Milliseconds of failing after which a retry is logged as a warning, and between two warnings. */
const WARN_EVERY_MS = 10_000;

/** An operation that fails and is retried: logs a warning now and then, and its recovery. */
export class Trouble {
  readonly #doing: string;
  #since: number | null = null;
  #warned = 0;

  /** @param doing text for the user, such as `joining the group ticklake` */
  constructor(doing: string) {
    this.#doing = doing;
  }

  /** It failed again; returns for how many milliseconds it has been failing. */
  failed(error: unknown): number {
    const doing = this.#doing;
    const fields = { doing, error: describeError(error) };
    logger.debug("{doing} failed: {error}", fields);
    const now = Date.now();
    this.#since ??= this.#warned = now;
    if (now - this.#warned < WARN_EVERY_MS) return now - this.#since;
    this.#warned = now;
    const seconds = Math.round((now - this.#since) / 1000);
    logger.warn("{doing} has failed for {seconds} s, still retrying: {error}", {
      ...fields,
      seconds,
      fix: ASK_DOCTOR,
    });
    return now - this.#since;
  }

  /** It worked. */
  over(): void {
    if (this.#since === null) return;
    if (this.#warned > this.#since) logger.info("{doing} works again", { doing: this.#doing });
    this.#since = null;
  }
}

/**
 * Runs an operation on Kafka and retries it while that may help: a restarting broker comes back,
 * however long it takes.
 * @param doing text for the user, such as `joining the group ticklake`
 * @param failed called for each failure that is followed by a retry
 * @throws the signal's reason once it aborts; an error for which a retry does not help
 */
export async function retrying<T>(
  doing: string,
  signal: AbortSignal,
  request: () => Promise<T>,
  failed: (error: unknown) => void = () => {},
): Promise<T> {
  const trouble = new Trouble(doing);
  const startedAt = performance.now();
  const pauses = backoff(PAUSES);
  for (;;) {
    signal.throwIfAborted();
    try {
      const result = await abortable(request(), signal);
      trouble.over();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      const verdict = verdictOf(error);
      const isPatient = verdict === "unknown" &&
        performance.now() - startedAt < UNKNOWN_PATIENCE_MS;
      if (verdict !== "retry" && !isPatient) throw error;
      trouble.failed(error);
      failed(error);
    }
    await sleep(pauses.next().value, signal);
  }
}

/**
 * As {@linkcode retrying}, but an error for which a retry does not help becomes a failure for the
 * user.
 */
export async function retryingOrRefused<T>(
  description: string,
  doing: string,
  signal: AbortSignal,
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await retrying(doing, signal, request);
  } catch (error) {
    throw signal.aborted ? error : refused(description, doing, error);
  }
}
