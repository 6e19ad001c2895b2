import type { Resolved } from "./resolved.ts";

/** Secrets that the AWS SDK reads from the environment by itself. */
const AWS_SECRETS = [
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

/** Variables of other programs and libraries whose URLs may have user information. */
const URL_VARIABLES = /^(AWS_ENDPOINT_URL(_\w+)?|https?_proxy|all_proxy)$/i;

/**
 * The secrets of the settings and the environment: the values of secret settings and AWS's own; of a secret URL also
 * its path and query, in the form that a parser gives them; and the user information of any URL.
 * @param environment @default {Deno.env.toObject()}
 */
export function secretsOf(
  resolved: readonly Resolved[],
  environment: Record<string, string> = Deno.env.toObject(),
): string[] {
  const secrets: string[] = [];
  const users = resolved.filter(({ setting }) => /_USER(NAME)?$/.test(setting.env ?? ""));
  for (const { setting, value } of resolved) {
    if (value === undefined) continue;
    const text = String(value);
    if (setting.secret === true) {
      secrets.push(text, ...secretUrlParts(text));
      secrets.push(...credentialParts(text, users.map((user) => String(user.value))));
    }
    secrets.push(...userInformation(text));
  }
  for (const [name, value] of Object.entries(environment)) {
    if (URL_VARIABLES.test(name)) secrets.push(...userInformation(value));
  }
  return [...secrets, ...AWS_SECRETS.map((name) => environment[name] ?? "")];
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

/** The password of a URL, and the user with it, as written there and unescaped. */
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
