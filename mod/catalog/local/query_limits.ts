import { Failure } from "../../failure/failure.ts";
import { sizeText } from "../../terminal/amount_text.ts";

/** Milliseconds between checks of the memory: a statement adds at most some 100 MiB in that time. */
const LOOK_MS = 50;

/** Options of {@linkcode QueryLimits}. */
export interface QueryLimitsOptions {
  /** Ends the statement. */
  signal: AbortSignal;
  /** Milliseconds that the statement may run; reading its answer does not count. */
  timeoutMs: number;
  /** Bytes of memory that it may add to the process. */
  mostBytes: number;
}

/** Limits of one statement: its time, its memory, and the caller's signal. */
export class QueryLimits {
  readonly #options: QueryLimitsOptions;
  readonly #bytesBefore = Deno.memoryUsage().rss;
  #spentMs = 0;

  constructor(options: QueryLimitsOptions) {
    this.#options = options;
  }

  /**
   * Waits for a part of the answer.
   * @throws {Failure} kind `failed`, when a limit is reached first; the signal's reason, when it aborts
   */
  async wait<T>(answer: Promise<T>): Promise<T> {
    const { signal, timeoutMs, mostBytes } = this.#options;
    signal.throwIfAborted();
    const begin = performance.now();
    const reached = Promise.withResolvers<never>();
    const abort = () => reached.reject(signal.reason);
    signal.addEventListener("abort", abort);
    const timer = setTimeout(
      () => reached.reject(timedOut(timeoutMs)),
      Math.max(0, timeoutMs - this.#spentMs),
    );
    const watch = setInterval(() => {
      if (Deno.memoryUsage().rss - this.#bytesBefore > mostBytes) {
        reached.reject(tooLarge(mostBytes));
      }
    }, LOOK_MS);
    try {
      return await Promise.race([answer, reached.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
      clearTimeout(timer);
      clearInterval(watch);
      this.#spentMs += performance.now() - begin;
    }
  }
}

function timedOut(ms: number): Failure {
  return new Failure("failed", `the query was stopped after ${ms / 1000} s, its time limit`, {
    fix: "Join on more columns, or filter first; --query-timeout 30m gives it more time.",
  });
}

function tooLarge(bytes: number): Failure {
  return new Failure(
    "failed",
    `the query was stopped: it needs more than ${sizeText(bytes)} of memory`,
    {
      fix: "Aggregate or filter more, or read the result in parts with LIMIT and OFFSET.",
    },
  );
}
