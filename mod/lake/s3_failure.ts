import { describeError, type Meaning, requestMeaning } from "../aws/request_failure.ts";
import { Failure } from "../failure/failure.ts";
import { shortName } from "./short_name.ts";

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

/** Names of S3's own errors, and what they mean for a user. */
const MEANINGS: Readonly<Record<string, (request: S3Request) => Meaning>> = {
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
    `arn:aws:s3:::${bucket}, and look for a bucket policy that denies them. If a KMS key encrypts ` +
    "the objects: also kms:GenerateDataKey and kms:Decrypt on the key.",
  ],
  "KMS.NotFoundException": () => [
    "the KMS key does not exist in the bucket's region",
    "Check TICKLAKE_S3_SSE_KMS_KEY_ID (aws kms list-aliases).",
  ],
  "KMS.DisabledException": () => ["the KMS key is disabled", "Enable it (aws kms enable-key)."],
  AllAccessDisabled:
    () => ["the bucket's owner has disabled all access", "Ask the bucket's owner."],
  PermanentRedirect: ({ bucket }) => [
    `bucket ${bucket} is in another region`,
    `Set AWS_REGION to the bucket's (aws s3api get-bucket-location --bucket ${bucket}).`,
  ],
  SlowDown: () => ["S3 asks to slow down (503)", "Wait; it is temporary."],
  EntityTooLarge: () => ["the object is too large for one request", "Flush less at once."],
};

/** Other names for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  Forbidden: "AccessDenied",
  AccountProblem: "AllAccessDisabled",
  AuthorizationHeaderMalformed: "PermanentRedirect",
  IllegalLocationConstraintException: "PermanentRedirect",
  TooManyRequests: "SlowDown",
  ServiceUnavailable: "SlowDown",
};

/** What an error of the S3 client means for a user. */
export function s3Failure(error: unknown, request: S3Request): Failure {
  const { doing, bucket, key, endpoint } = request;
  const subject = `cannot ${doing} s3://${bucket}/${shortName(key)}`;
  const meaning = requestMeaning(error, endpoint ?? "S3") ?? MEANINGS[meaningOf(error)]?.(request);
  if (meaning === undefined && isPermanent(error)) {
    return new Failure("failed", `${subject}: ${describeError(error)}`, {
      cause: error,
      fix: "The storage refuses it permanently: look the error up in its documentation.",
    });
  }
  if (meaning === undefined) {
    return new Failure("service", `${subject}: ${describeError(error)}`, {
      cause: error,
      fix: "Try again; if it persists, look the error up in the storage's documentation.",
    });
  }
  const [what, fix] = meaning;
  return new Failure(
    meaningOf(error) === "EntityTooLarge" ? "failed" : "service",
    `${subject}: ${what}`,
    { fix, cause: error },
  );
}

/** Refusals with a status of the caller's faults that pass all the same. */
const PASSING = new Set([
  "BadDigest",
  "IncompleteBody",
  "OperationAborted",
  "RequestTimeout",
  "RequestTimeTooSkewed",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
]);

/** Statuses that pass: credentials, a bucket that may be made, timeouts, conflicts, throttling. */
const PASSING_STATUSES = [401, 403, 404, 408, 409, 412, 425, 429];

/** Whether the same request will be refused again, whenever it is made. */
function isPermanent(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500 && !PASSING_STATUSES.includes(status) &&
    !PASSING.has(name ?? "");
}

function meaningOf(error: unknown): string {
  const { name, code, $metadata } = error as {
    name?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  for (const found of [code, name]) {
    if (found === undefined) continue;
    const known = SYNONYMS[found] ?? found;
    if (Object.hasOwn(MEANINGS, known)) return known;
  }
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
