import { gunzipSync } from "node:zlib";
import { SETTINGS } from "../../../mod/config/settings.ts";

/** Every secret setting, and what the SDK of AWS reads by itself. */
export const SECRETS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.values(SETTINGS).flatMap((setting) =>
      "secret" in setting && setting.secret
        ? [[setting.env, `${setting.env}-5ecret-0f-nobody`]]
        : []
    ),
  ),
  AWS_SECRET_ACCESS_KEY: "aws-5ecret/0f+nobody",
  AWS_SESSION_TOKEN: "token-5ecret-0f-nobody",
  ICEBERG_REST_CREDENTIAL: "catalog-client:cata10g-5ecret",
  // Not as a parser writes it, which is how an error of fetch tells it.
  TICKLAKE_ALERT_WEBHOOK: "HTTP://LocalHost:1/x/../hook%2D5ecret-0f-nobody?key=h00k-key-5ecret",
};

export const REGISTRY_USER = "registry-user";

/** What an OAuth server grants for {@linkcode SECRETS}.ICEBERG_REST_CREDENTIAL. */
export const GRANTED_TOKEN = "granted-t0ken-5ecret";

/** Keys in a profile's file, which only the SDK reads. */
export const PROFILE = { secret: "pr0file-5ecret/key+0f-nobody", token: "pr0file-t0ken-5ecret" };

/** What may be nowhere. */
const PLANTED: readonly string[] = [
  ...Object.values(SECRETS),
  ...Object.values(PROFILE),
  "5ecret-0f-nobody",
  "h00k-key-5ecret",
  "cata10g-5ecret",
  "end-p0int-5ecret",
  "end-p0int-user",
  GRANTED_TOKEN,
  btoa(`${REGISTRY_USER}:${SECRETS.SCHEMA_REGISTRY_PASSWORD}`),
  btoa(SECRETS.ICEBERG_REST_CREDENTIAL),
  btoa("end-p0int-user:end-p0int-5ecret"),
];

/** A URL with user information. @param origin `http://HOST:PORT` */
export function withUser(origin: string): string {
  return origin.replace("//", "//end-p0int-user:end-p0int-5ecret@");
}

/** A secret that is in a text, as it is or as a URL has it. */
export function plantedIn(text: string): string | undefined {
  return PLANTED.find((secret) =>
    text.includes(secret) || text.includes(encodeURIComponent(secret)) ||
    text.includes(JSON.stringify(secret).slice(1, -1))
  );
}

/** A secret that is in a file's bytes, or in what is compressed in them. */
export function plantedInBytes(bytes: Uint8Array): string | undefined {
  const found = plantedIn(latin1.decode(bytes));
  if (found !== undefined || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return found;
  return plantedIn(latin1.decode(gunzipSync(bytes)));
}

const latin1 = new TextDecoder("latin1");
