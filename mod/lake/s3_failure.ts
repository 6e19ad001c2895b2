import { Failure, messageOf } from "../failure/failure.ts";

/** What was asked of S3, for the message. */
export interface S3Request {
  /** Such as `write`. */
  doing: string;
  bucket: string;
  /** Key of the object, or its beginning. */
  key: string;
  /** Where the requests go when it is not AWS. */
  endpoint: string | undefined;
}

const CREDENTIALS_FIX =
  "Attach a role to the host, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";

/** Names of S3's errors, of the SDK's, and of the operating system's, and what they mean for a user. */
const MEANINGS: Readonly<Record<string, (request: S3Request) => readonly [string, string]>> = {
  NoSuchBucket: ({ bucket }) => [
    `bucket ${bucket} does not exist`,
    `Create it (aws s3 mb s3://${bucket}), or check AWS_S3_BUCKET and the account.`,
  ],
  InvalidBucketName: ({ bucket }) => [
    `${bucket} cannot be a bucket's name`,
    "Check AWS_S3_BUCKET: the bare name, without s3:// and without a path.",
  ],
  AccessDenied: ({ bucket }) => [
    "access denied",
    `Grant s3:PutObject, s3:GetObject, s3:DeleteObject on arn:aws:s3:::${bucket}/* and s3:ListBucket on ` +
    `arn:aws:s3:::${bucket}, and look for a bucket policy that denies them.`,
  ],
  AllAccessDisabled:
    () => ["the bucket's owner has disabled all access", "Ask the bucket's owner."],
  InvalidAccessKeyId: () => ["the access key is unknown", CREDENTIALS_FIX],
  SignatureDoesNotMatch: () => [
    "the secret key does not fit the access key",
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
  PermanentRedirect: ({ bucket }) => [
    `bucket ${bucket} lies in another region`,
    `Set AWS_REGION to the bucket's (aws s3api get-bucket-location --bucket ${bucket}).`,
  ],
  RegionMissing: () => ["no AWS region is set", "Set AWS_REGION, such as us-east-1."],
  SlowDown: () => ["S3 asks to slow down (503)", "Wait; it is temporary."],
  EntityTooLarge: () => ["the object is too large for one request", "Flush less at once."],
  TimeoutError: (request) => [
    `no answer from ${place(request)} in time`,
    "Check the network, the security group and AWS_ENDPOINT_URL, and whether the service is up.",
  ],
  ECONNREFUSED: (request) => [
    `${place(request)} refuses connections`,
    "Check AWS_ENDPOINT_URL (host and port), and whether the service is up.",
  ],
  ENOTFOUND: (request) => [
    `the host of ${place(request)} has no address`,
    "Check AWS_REGION, AWS_ENDPOINT_URL and the host's DNS.",
  ],
  EHOSTUNREACH: (request) => [
    `${place(request)} cannot be reached`,
    "Check the host's network and routes.",
  ],
  ECONNRESET: (request) => [
    `${place(request)} closed the connection`,
    "Try again; check proxies on the way.",
  ],
  Certificate: (request) => [
    `the certificate of ${place(request)} is not trusted`,
    "Check AWS_ENDPOINT_URL; behind an inspecting proxy set DENO_TLS_CA_STORE=system,mozilla.",
  ],
};

/** Other names for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  Forbidden: "AccessDenied",
  AccountProblem: "AllAccessDisabled",
  ExpiredTokenException: "ExpiredToken",
  TokenRefreshRequired: "ExpiredToken",
  InvalidToken: "ExpiredToken",
  AuthorizationHeaderMalformed: "PermanentRedirect",
  IllegalLocationConstraintException: "PermanentRedirect",
  TooManyRequests: "SlowDown",
  ServiceUnavailable: "SlowDown",
  AbortError: "TimeoutError",
  ETIMEDOUT: "TimeoutError",
  EAI_AGAIN: "ENOTFOUND",
  ENETUNREACH: "EHOSTUNREACH",
  EPIPE: "ECONNRESET",
};

/** What an error of the S3 client means for a user. */
export function s3Failure(error: unknown, request: S3Request): Failure {
  const { doing, bucket, key } = request;
  const subject = `cannot ${doing} s3://${bucket}/${key}`;
  const meaning = MEANINGS[meaningOf(error)];
  if (meaning === undefined) {
    return new Failure("service", `${subject}: ${describe(error)}`, {
      cause: error,
      fix: "Try again; if it stays, look the error up in the storage's documentation.",
    });
  }
  const [what, fix] = meaning(request);
  return new Failure("service", `${subject}: ${what}`, { fix, cause: error });
}

function meaningOf(error: unknown): string {
  const { name, code, message = "", $metadata } = error as {
    name?: string;
    code?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  for (const found of [name, code]) {
    if (found === undefined) continue;
    const known = SYNONYMS[found] ?? found;
    if (Object.hasOwn(MEANINGS, known)) return known;
  }
  if (message.startsWith("Region is missing")) return "RegionMissing";
  if (/certificate|UnknownIssuer/i.test(message)) return "Certificate";
  if (/dns error|failed to lookup address/i.test(message)) return "ENOTFOUND";
  // HEAD and some servers answer without a name.
  switch ($metadata?.httpStatusCode) {
    case 301:
      return "PermanentRedirect";
    case 403:
      return "AccessDenied";
    case 503:
      return "SlowDown";
  }
  return "";
}

function describe(error: unknown): string {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === undefined ? messageOf(error) : `${name} (HTTP ${status}): ${messageOf(error)}`;
}

function place({ endpoint }: S3Request): string {
  return endpoint ?? "S3";
}
