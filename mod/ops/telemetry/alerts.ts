import { getLogger } from "@logtape/logtape";
import { alertPost, postAlert } from "./webhook.ts";

const logger = getLogger(["ticklake", "alerts"]);

/** Checks in a row that must agree, so that a value at its limit does not post again and again. */
const CHECKS = 2;

/** A watched value. */
export interface Watched {
  /** Name in the posts: `lag`, `rejected`. */
  alert: string;
  /** For people, with the value: `lag is 1200 messages, more than 1000`. */
  describe(value: number, limit: number): string;
  limit: number;
  value(): number;
}

/** Options of {@linkcode startAlerts}. */
export interface AlertsOptions {
  /** URL that gets the posts. */
  url: string;
  watched: readonly Watched[];
  /** Goes into every post: which command, topic and group, on which host. */
  about: Record<string, string>;
  /** Milliseconds between two checks. @default {5000} */
  everyMs?: number;
}

/**
 * Posts to a webhook when a value has passed its limit, and again when it is back. A post that fails
 * is repeated and logged; the pipeline never waits for it.
 * @returns stops the checks; an alert that is being posted is given up
 */
export function startAlerts(options: AlertsOptions): () => Promise<void> {
  const { url, watched, about, everyMs = 5000 } = options;
  const stopping = new AbortController();
  const states = watched.map(() => ({ firing: false, agreeing: 0 }));
  // One post after another, so that a recovery never overtakes its alert.
  let posting: Promise<void> = Promise.resolve();
  const check = () => {
    watched.forEach((one, i) => {
      const state = states[i];
      const value = one.value();
      state.agreeing = value > one.limit === state.firing ? 0 : state.agreeing + 1;
      if (state.agreeing < CHECKS) return;
      state.firing = !state.firing;
      state.agreeing = 0;
      const text = one.describe(value, one.limit);
      const { alert, limit } = one;
      const fields = { alert, state: state.firing ? "firing" : "recovered", value, limit } as const;
      logger[state.firing ? "warn" : "info"]("{state}: {text}", { ...fields, text });
      const post = alertPost({ ...fields, text }, about);
      posting = posting.then(() => postAlert(url, post, stopping.signal));
    });
  };
  const timer = setInterval(check, everyMs);
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await posting;
  };
}
