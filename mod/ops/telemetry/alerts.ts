import { getLogger } from "@logtape/logtape";
import { messageOf } from "../../failure/failure.ts";
import { backoff } from "../../wait/backoff.ts";
import { pause } from "../../wait/sleep.ts";

const logger = getLogger(["ticklake", "alerts"]);

/** Milliseconds that the webhook may take to answer. */
const ANSWER_MS = 10_000;

/** Attempts to post one alert, and the pauses between them. */
const ATTEMPTS = 5;
const PAUSES = { firstMs: 1000, longestMs: 8000 };

/** Checks in a row that must agree, so that a value at its limit does not post again and again. */
const CHECKS = 2;

/** Something that is watched. */
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

/** What is posted, as JSON. */
export interface AlertPost extends Record<string, unknown> {
  alert: string;
  state: "firing" | "recovered";
  value: number;
  limit: number;
  /** Time of the check, ISO 8601. */
  at: string;
  /** One sentence, under the name that chat webhooks show. */
  text: string;
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
      const post: AlertPost = {
        ...about,
        ...fields,
        at: new Date().toISOString(),
        text: `ticklake ${fields.state}: ${text} (${Object.values(about).join(", ")})`,
      };
      posting = posting.then(() => send(url, post, stopping.signal));
    });
  };
  const timer = setInterval(check, everyMs);
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await posting;
  };
}

async function send(url: string, post: AlertPost, signal: AbortSignal): Promise<void> {
  const pauses = backoff(PAUSES);
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(post),
        // Followed, a redirect would let the webhook's host post into this network, and a GET after a
        // 302 would pass for a delivery.
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      const redirected = response.status >= 300 && response.status < 400;
      throw new Error(
        `it answered ${response.status}${redirected ? ", a redirect, which is not followed" : ""}`,
      );
    } catch (error) {
      if (signal.aborted) return;
      // The URL may carry a token: its host is enough.
      const fields = { alert: post.alert, host: new URL(url).host, error: messageOf(error) };
      if (attempt === ATTEMPTS) {
        logger.error("alert {alert} is given up, {host} does not take it: {error}", fields);
        return;
      }
      logger.warn("alert {alert} could not be posted to {host}, again soon: {error}", fields);
      await pause(pauses.next().value, signal);
    }
  }
}
