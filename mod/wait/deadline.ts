import { abortable } from "./abortable.ts";

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Milliseconds that the work may take. */
  ms: number;
  /** Ends the work early; its reason is then thrown. */
  signal?: AbortSignal;
  /** Makes the error that is thrown when the time is over. @default {a `TimeoutError`} */
  late?(): unknown;
}

/**
 * Does something that may take so long and no longer, whether it heeds its signal or not.
 * @param work gets a signal that aborts when the time is over or the caller's signal aborts, and a
 * function that lifts the limit
 * @throws what `late` gives, when the time is over; the signal's reason, as soon as it aborts
 */
export async function deadline<T>(
  { ms, signal, late = timeoutError }: DeadlineOptions,
  work: (signal: AbortSignal, lift: () => void) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(late()), ms);
  const lift = () => clearTimeout(timer);
  const stop = () => ended.abort(signal!.reason);
  signal?.addEventListener("abort", stop);
  try {
    return await abortable(work(ended.signal, lift), ended.signal);
  } finally {
    lift();
    signal?.removeEventListener("abort", stop);
  }
}

function timeoutError(): DOMException {
  return new DOMException("no answer in time", "TimeoutError");
}
