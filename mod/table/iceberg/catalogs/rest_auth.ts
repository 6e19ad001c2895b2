import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { awsRegion } from "../../../aws/environment.ts";
import { keptCredentials } from "../../../aws/kept_credentials.ts";
import { Failure } from "../../../failure/failure.ts";
import { OWN_SECRETS } from "../../../failure/secrets.ts";
import { requestMeaning } from "../../../aws/request_failure.ts";

/** How a REST catalog is to know who asks. */
export interface RestAuthOptions {
  /** A bearer token. */
  token?: string;
  /** `CLIENT:SECRET` (or a secret alone) of OAuth2's client credentials. */
  credential?: string;
  /** Where these are exchanged for a token. @default {the catalog's own `v1/oauth/tokens`} */
  oauth2Uri?: string;
  /** @default {"catalog"} */
  scope?: string;
  /** Name of the AWS service that requests are signed for, such as `glue` or `s3tables`. */
  sigv4?: string;
}

/** A request, before it is authorized. */
export interface RestRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

/** Headers with which a request is sent. */
export type Authorize = (
  request: RestRequest,
  signal: AbortSignal,
) => Promise<Record<string, string>>;

/** Seconds before a token's end at which a new one is asked for. */
const EARLY_S = 60;

/**
 * @param uri of the catalog, without a `/` at its end
 * @throws {Failure} kind `usage`, for more than one way to authenticate
 */
export function restAuth(uri: string, options: RestAuthOptions): Authorize & { forget(): void } {
  const { token, credential, sigv4 } = options;
  requireOneWay({
    ICEBERG_REST_TOKEN: token,
    ICEBERG_REST_CREDENTIAL: credential,
    ICEBERG_REST_SIGV4: sigv4,
  });
  if (sigv4 !== undefined) return Object.assign(signed(sigv4), { forget() {} });
  if (credential !== undefined) {
    let granted: { token: string; until: number } | undefined;
    const authorize: Authorize = async ({ headers }, signal) => {
      if (granted === undefined || performance.now() > granted.until) {
        granted = await exchange(uri, credential, options, signal);
      }
      return { ...headers, authorization: `Bearer ${granted.token}` };
    };
    return Object.assign(authorize, { forget: () => granted = undefined });
  }
  const authorize: Authorize = async ({ headers }) =>
    token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
  return Object.assign(authorize, { forget() {} });
}

function requireOneWay(ways: Record<string, string | undefined>): void {
  const given = Object.keys(ways).filter((name) => ways[name] !== undefined);
  if (given.length < 2) return;
  throw new Failure("usage", `${given.join(" and ")} are set: a request has one authorization`, {
    fix: "Set one of them only. `ticklake config` shows where each value comes from.",
  });
}

/** OAuth2's client credentials: https://datatracker.ietf.org/doc/html/rfc6749#section-4.4 */
async function exchange(
  uri: string,
  credential: string,
  { oauth2Uri = `${uri}/v1/oauth/tokens`, scope = "catalog" }: RestAuthOptions,
  signal: AbortSignal,
): Promise<{ token: string; until: number }> {
  const colon = credential.indexOf(":");
  const form = new URLSearchParams({ grant_type: "client_credentials", scope });
  if (colon >= 0) form.set("client_id", credential.slice(0, colon));
  form.set("client_secret", credential.slice(colon + 1));
  const response = await fetch(oauth2Uri, {
    method: "POST",
    body: form,
    signal,
    redirect: "error",
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Failure(
      "service",
      `${oauth2Uri} returned no token: ${response.status} ${text.slice(0, 200)}`,
      {
        fix:
          "Check ICEBERG_REST_CREDENTIAL (CLIENT:SECRET), ICEBERG_REST_SCOPE and ICEBERG_REST_OAUTH2_URI.",
      },
    );
  }
  const { access_token: token, expires_in: seconds } = JSON.parse(text);
  OWN_SECRETS.keep(token);
  const lifeMs = typeof seconds === "number" ? Math.max(1, seconds - EARLY_S) * 1000 : Infinity;
  return { token, until: performance.now() + lifeMs };
}

/** Requests signed as AWS wants them, with the credentials of every AWS tool. */
function signed(service: string): Authorize {
  const credentials = keptCredentials();
  return async ({ method, url, headers, body }) => {
    const region = awsRegion();
    if (region === undefined) {
      throw new Failure(
        "usage",
        "requests to the REST catalog must be signed, but no region is set",
        {
          fix: "Set AWS_REGION.",
        },
      );
    }
    const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
    try {
      const request = await signer.sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        port: url.port === "" ? undefined : Number(url.port),
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        body,
      });
      // fetch sets it itself.
      delete request.headers.host;
      return request.headers;
    } catch (cause) {
      const [what, fix] = requestMeaning(cause, url.host) ?? [String(cause), undefined];
      throw new Failure("service", `cannot sign a request to ${url.host}: ${what}`, { fix, cause });
    }
  };
}

/** The hash in the form that the signer takes. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined
      ? createHash("sha256")
      : createHmac("sha256", secret as string | NodeJS.ArrayBufferView);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as string | NodeJS.ArrayBufferView);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {}
}
