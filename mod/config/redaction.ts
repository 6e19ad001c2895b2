import type { Resolved } from "./resolved.ts";

/** What stands in the place of a secret. */
export const REDACTED = "(secret)";

/** Secrets that the AWS SDK reads from the environment by itself. */
export const AWS_SECRETS = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/** Variables of other programs and libraries whose URLs may have user information. */
const URL_VARIABLES = /^(AWS_ENDPOINT_URL(_\w+)?|https?_proxy|all_proxy)$/i;

/** Shorter ones would turn ordinary words into riddles, and so give themselves away. */
const SHORTEST = 4;

/**
 * A function that takes the secrets out of a text: the values of secret settings and AWS's own, as
 * they are and as they stand in JSON and in URLs; of a secret URL also its path and query, in the form
 * that a parser gives them; and the user information of any URL. The last guard, for the text of foreign
 * errors; our own messages have no secrets in them.
 * @param environment @default {Deno.env.toObject()}
 */
export function redaction(
  resolved: readonly Resolved[],
  environment: Record<string, string> = Deno.env.toObject(),
): (text: string) => string {
  const secrets = new Set<string>();
  const users = resolved.filter(({ setting }) => /USERNAME$/.test(setting.env ?? ""));
  const add = (secret: string | undefined) => {
    if (secret === undefined || secret.length < SHORTEST) return;
    secrets.add(secret);
    secrets.add(JSON.stringify(secret).slice(1, -1));
    secrets.add(encodeURIComponent(secret));
  };
  for (const { setting, value } of resolved) {
    if (value === undefined) continue;
    if (setting.secret === true) {
      add(String(value));
      credentialParts(String(value), users.map((user) => String(user.value))).forEach(add);
      secretUrlParts(String(value)).forEach(add);
    }
    userInformation(String(value)).forEach(add);
  }
  for (const [name, value] of Object.entries(environment)) {
    if (URL_VARIABLES.test(name)) userInformation(value).forEach(add);
  }
  for (const name of AWS_SECRETS) add(environment[name]);
  // The longest first, so that one which contains another goes whole.
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((text, secret) => text.replaceAll(secret, REDACTED), text);
}

/** A secret as HTTP's basic authentication sends it, and what follows the colon of one such as `client:secret`. */
function credentialParts(secret: string, users: readonly string[]): string[] {
  const pairs = [secret, ...users.map((user) => `${user}:${secret}`)];
  const encoded = pairs.map((pair) => new TextEncoder().encode(pair).toBase64());
  return [...encoded, secret.includes("://") ? "" : secret.slice(secret.indexOf(":") + 1)];
}

/** What of a secret URL is secret, as `fetch` and others print it: normalized, and with its escapes undone. */
function secretUrlParts(text: string): string[] {
  const url = /^https?:/i.test(text) ? URL.parse(text) : null;
  if (url === null) return [];
  const parts = [
    url.pathname + url.search,
    url.pathname,
    ...url.pathname.split("/"),
    ...url.searchParams.values(),
  ].filter(({ length }) => length >= SHORTEST_PART);
  return [url.href, ...parts, ...parts.map(unescaped)];
}

/** Parts of a URL that are shorter are words such as `hooks` or `services`. */
const SHORTEST_PART = 9;

/** The password of a URL, and the user with it, as they stand there and unescaped. */
function userInformation(text: string): string[] {
  // A bare list of brokers has none; what does not parse may still be printed.
  const given = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)@/i.exec(text)?.[1];
  if (given === undefined) return [];
  const password = given.slice(given.indexOf(":") + 1);
  const url = URL.parse(text);
  const parsed = url === null ? [] : [url.password, `${url.username}:${url.password}`];
  const parts = [given, password, ...parsed];
  return [...parts, ...parts.map(unescaped)];
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
