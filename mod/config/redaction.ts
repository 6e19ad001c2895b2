import type { Resolved } from "./resolved.ts";

/** What stands in the place of a secret. */
export const REDACTED = "(secret)";

/** Secrets that the AWS SDK reads from the environment by itself. */
export const AWS_SECRETS = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/** Shorter ones would turn ordinary words into riddles, and so give themselves away. */
const SHORTEST = 4;

/**
 * A function that takes the secrets out of a text: the values of secret settings and AWS's own, as
 * they are and as they stand in JSON and in URLs. The last guard, for the text of foreign errors; our
 * own messages have no secrets in them.
 * @param environment @default {Deno.env.toObject()}
 */
export function redaction(
  resolved: readonly Resolved[],
  environment: Record<string, string> = Deno.env.toObject(),
): (text: string) => string {
  const secrets = new Set<string>();
  const add = (secret: string | undefined) => {
    if (secret === undefined || secret.length < SHORTEST) return;
    secrets.add(secret);
    secrets.add(JSON.stringify(secret).slice(1, -1));
    secrets.add(encodeURIComponent(secret));
  };
  for (const { setting, value } of resolved) {
    if (setting.secret === true && value !== undefined) add(String(value));
  }
  for (const name of AWS_SECRETS) add(environment[name]);
  // The longest first, so that one which contains another goes whole.
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((text, secret) => text.replaceAll(secret, REDACTED), text);
}
