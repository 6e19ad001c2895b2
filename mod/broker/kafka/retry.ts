import { getLogger } from "@logtape/logtape";
import { describeError, refused, verdictOf } from "./request_error.ts";

const logger = getLogger(["ticklake", "kafka"]);

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Milliseconds of failing after which a retry is worth a warning, and between two of them. */
const WARN_EVERY_MS = 10_000;

/** Something that fails and is tried again: a warning now and then, and a word when it works again. */
export class Trouble {
  readonly #doing: string;
  #since: number | null = null;
  #warned = 0;

  /** @param doing for people, such as `joining the group ticklake` */
  constructor(doing: string) {
    this.#doing = doing;
  }

  /** It failed once more. */
  failed(error: unknown): void {
    const doing = this.#doing;
    const fields = { doing, error: describeError(error) };
    logger.debug("{doing} failed: {error}", fields);
    const now = Date.now();
    this.#since ??= this.#warned = now;
    if (now - this.#warned < WARN_EVERY_MS) return;
    this.#warned = now;
    const seconds = Math.round((now - this.#since) / 1000);
    logger.warn("{doing} has failed for {seconds} s and goes on trying: {error}", {
      ...fields,
      seconds,
    });
  }

  /** It worked. */
  over(): void {
    if (this.#since === null) return;
    if (this.#warned > this.#since) logger.info("{doing} works again", { doing: this.#doing });
    this.#since = null;
  }
}

/**
 * Does something with Kafka, again and again while a retry may help: a broker that restarts comes
 * back, however long it takes.
 * @param doing for people, such as `joining the group ticklake`
 * @param failed told of each failure that is followed by another try
 * @throws the signal's reason once it aborts; an error that a retry does not help
 */
export async function retrying<T>(
  doing: string,
  signal: AbortSignal,
  request: () => Promise<T>,
  failed: (error: unknown) => void = () => {},
): Promise<T> {
  const trouble = new Trouble(doing);
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      const result = await abortable(request(), signal);
      trouble.over();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (verdictOf(error) !== "retry") throw error;
      trouble.failed(error);
      failed(error);
    }
    await sleep(pause * (0.8 + 0.4 * Math.random()), signal);
  }
}

/** As {@linkcode retrying}; what a retry does not help becomes what a user reads. */
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

/** Waits; @throws the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}

/** What a promise gives, unless the signal aborts first. @throws the signal's reason */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
