/** What an error means for a user: what is wrong, and what to do. */
export type Meaning = readonly [what: string, fix: string];

const CREDENTIALS_FIX =
  "Attach a role to the host, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";

/** Names of errors that any AWS service, the SDK or the operating system gives, by where the request went. */
const MEANINGS: Readonly<Record<string, (place: string) => Meaning>> = {
  InvalidAccessKeyId: () => ["the access key is unknown", CREDENTIALS_FIX],
  SignatureDoesNotMatch: () => [
    "the secret key does not match the access key",
    "Check AWS_SECRET_ACCESS_KEY (or the profile): copied whole, without quotes?",
  ],
  ExpiredToken: () => [
    "the credentials have expired",
    "Get new ones (aws sso login, or a new session token), or use a role.",
  ],
  CredentialsProviderError: () => ["no AWS credentials were found", CREDENTIALS_FIX],
  RequestTimeTooSkewed: () => [
    "this host's clock is wrong by more than 15 minutes",
    "Set the clock (timedatectl set-ntp true).",
  ],
  RegionMissing: () => ["no AWS region is set", "Set AWS_REGION, such as us-east-1."],
  TimeoutError: (place) => [
    `no answer from ${place} in time`,
    "Check the network, the security group and AWS_ENDPOINT_URL, and that the service is running.",
  ],
  ECONNREFUSED: (place) => [
    `${place} refuses connections`,
    "Check AWS_ENDPOINT_URL (host and port), and that the service is running.",
  ],
  ENOTFOUND: (place) => [
    `the host of ${place} cannot be resolved`,
    "Check AWS_REGION, AWS_ENDPOINT_URL and the host's DNS.",
  ],
  EHOSTUNREACH: (place) => [
    `${place} cannot be reached`,
    "Check the host's network and routes.",
  ],
  ECONNRESET: (place) => [
    `${place} closed the connection`,
    "Try again; check proxies on the way.",
  ],
  ERR_TLS_CERT: (place) => [
    `the certificate of ${place} is not trusted`,
    "Check AWS_ENDPOINT_URL; behind an inspecting proxy set DENO_TLS_CA_STORE=system,mozilla.",
  ],
};

/** Other names for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  UnrecognizedClientException: "InvalidAccessKeyId",
  InvalidClientTokenId: "InvalidAccessKeyId",
  XAdminUserNotFound: "InvalidAccessKeyId",
  InvalidSignatureException: "SignatureDoesNotMatch",
  ExpiredTokenException: "ExpiredToken",
  TokenRefreshRequired: "ExpiredToken",
  InvalidToken: "ExpiredToken",
  AbortError: "TimeoutError",
  ETIMEDOUT: "TimeoutError",
  EAI_AGAIN: "ENOTFOUND",
  ENETUNREACH: "EHOSTUNREACH",
  EPIPE: "ECONNRESET",
};

/**
 * What an error of an AWS client means where it is about the way to the service or the credentials,
 * which are alike for all services; `undefined` for all others.
 * @param place where the request went, such as `S3` or an endpoint
 */
export function requestMeaning(error: unknown, place: string): Meaning | undefined {
  const { message = "" } = error as { message?: string };
  if (/^Region is missing|region="" is not/.test(message)) return MEANINGS.RegionMissing(place);
  return wrongRegion(error, place) ?? MEANINGS[meaningOf(error)]?.(place);
}

/** A request that was signed for another region than the server's; all servers but AWS's have only one. */
function wrongRegion(error: unknown, place: string): Meaning | undefined {
  const { name, message = "", Region } = error as {
    name?: string;
    message?: string;
    Region?: string;
  };
  if (name !== "AuthorizationHeaderMalformed") return undefined;
  const expected = Region ?? /expecting ["']([\w-]+)["']/.exec(message)?.[1];
  return expected === undefined
    ? [`${place} has another region: ${message}`, "Set AWS_REGION to that of the server."]
    : [
      `${place} is in region ${expected}, but another one is configured`,
      `Set AWS_REGION to ${expected}.`,
    ];
}

/** Whether other credentials may have success. */
export function isCredentialFailure(error: unknown): boolean {
  return ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "CredentialsProviderError"]
    .includes(meaningOf(error));
}

function meaningOf(error: unknown): string {
  const { name, code, message = "" } = error as { name?: string; code?: string; message?: string };
  if (name === "InvalidSignatureException" && /expired|not yet current/i.test(message)) {
    return "RequestTimeTooSkewed";
  }
  // The code first: the SDK calls a reset connection a TimeoutError too.
  for (const found of [code, name]) {
    if (found === undefined) continue;
    const known = SYNONYMS[found] ?? found;
    if (Object.hasOwn(MEANINGS, known)) return known;
  }
  return "";
}

/** The error's name, HTTP status and message, as far as it has them. */
export function describeError(error: unknown): string {
  const { name, message, $metadata } = error as {
    name?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const text = message ?? String(error);
  const status = $metadata?.httpStatusCode;
  return status === undefined ? text : `${name} (HTTP ${status}): ${text}`;
}
