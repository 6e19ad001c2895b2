import { getLogger } from "@logtape/logtape";
import { Failure, messageOf } from "../../failure/failure.ts";
import { backoff } from "../../wait/backoff.ts";
import { pause } from "../../wait/sleep.ts";

const logger = getLogger(["ticklake", "alerts"]);

/** Milliseconds that the webhook may take to answer. */
const ANSWER_MS = 10_000;

/** Attempts to post one alert, and the pauses between them. */
const ATTEMPTS = 5;
const PAUSES = { firstMs: 1000, longestMs: 8000 };

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
 * What is posted of an alert, now.
 * @param about goes into every post: which command, topic and group, on which host
 */
export function alertPost(
  { text, ...fields }: {
    alert: string;
    state: AlertPost["state"];
    value: number;
    limit: number;
    text: string;
  },
  about: Record<string, string>,
): AlertPost {
  return {
    ...about,
    ...fields,
    at: new Date().toISOString(),
    text: `ticklake ${fields.state}: ${text} (${Object.values(about).join(", ")})`,
  };
}

/** The webhook's URL. @throws {Failure} kind `usage`, when it is none */
export function checkWebhook(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  // The text itself may be a token that was put in the wrong place.
  throw new Failure(
    "usage",
    "TICKLAKE_ALERT_WEBHOOK: expected a URL that begins with http:// or https://",
  );
}

/** Posts an alert, several times where that fails; then it is logged and given up. */
export async function postAlert(url: string, post: AlertPost, signal: AbortSignal): Promise<void> {
  const pauses = backoff(PAUSES);
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(post),
        // Following a redirect would let the webhook's host post into this network, and a GET after a
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
        logger.error("alert {alert} is dropped, {host} does not accept it: {error}", fields);
        return;
      }
      logger.warn("alert {alert} could not be posted to {host}, retrying: {error}", fields);
      await pause(pauses.next().value, signal);
    }
  }
}
