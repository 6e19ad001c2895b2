import { getLogger } from "@logtape/logtape";
import { describeError, refused, verdictOf } from "./request_error.ts";

const logger = getLogger(["ticklake", "kafka"]);

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Milliseconds of failing after which a retry is worth a warning, and between two of them. */
const WARN_EVERY_MS = 10_000;

/**
 * Does something with Kafka, again and again while a retry may help: a broker that restarts comes
 * back, however long it takes.
 * @param doing for people, such as `joining the group ticklake`
 * @throws the signal's reason once it aborts; an error that a retry does not help
 */
export async function retrying<T>(
  doing: string,
  signal: AbortSignal,
  request: () => Promise<T>,
): Promise<T> {
  const started = Date.now();
  let warned = started;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      const result = await request();
      if (warned > started) logger.info("{doing} works again", { doing });
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (verdictOf(error) !== "retry") throw error;
      logger.debug("{doing} failed: {error}", { doing, error: describeError(error) });
      if (Date.now() - warned >= WARN_EVERY_MS) {
        warned = Date.now();
        const seconds = Math.round((warned - started) / 1000);
        const fields = { doing, seconds, error: describeError(error) };
        logger.warn("{doing} has failed for {seconds} s and goes on trying: {error}", fields);
      }
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
