import { endpointSet } from "../../aws/environment.ts";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { HeadBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type Api, isNamed, openApi } from "../../aws/api.ts";
import { isCredentialFailure } from "../../aws/request_failure.ts";
import type { Settings } from "../../config/settings.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import type { LakeStore } from "../../lake/store.ts";
import { clockFinding } from "./clock_finding.ts";
import { failed, failedBy, type Finding, ok, skipped, warning } from "./finding.ts";

/** Milliseconds that the S3 endpoint may take to answer. */
const ENDPOINT_MS = 5000;

/**
 * Looks at the lake's bucket and what leads to it, and stops where continuing makes no sense.
 * @param openLake opens the lake as the other commands do
 */
export async function* s3Findings(
  settings: Settings,
  bucket: string,
  openLake: () => Promise<LakeStore>,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const endpoint = endpointSet("s3");
  const s3 = openApi(
    (options) => new S3Client({ ...options, forcePathStyle: settings.s3PathStyle ?? !!endpoint }),
    { service: "s3", signal },
  );
  try {
    const region = await s3.region();
    yield ok("AWS region", region);
    if (!(yield* endpointFindings(endpoint ?? `https://s3.${region}.amazonaws.com`, signal))) {
      return;
    }
    if (!(yield* identityFinding(endpoint !== undefined, signal))) return;
    if (!(yield* bucketFinding(s3, settings, bucket, region))) return;
    yield await writeFinding(openLake, signal);
    if (settings.role !== undefined) yield await roleFinding(settings.role, signal);
  } catch (error) {
    // Only a missing region can fail here.
    yield failedBy("AWS region", error, "usage");
  } finally {
    s3.close();
  }
}

/** Whether the endpoint answers, and what its clock says. */
async function* endpointFindings(
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Finding, boolean> {
  if (!URL.canParse(url)) {
    yield failed(
      "S3 endpoint",
      `${url} is not a URL`,
      "Set AWS_ENDPOINT_URL to http(s)://HOST.",
      "usage",
    );
    return false;
  }
  try {
    const response = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ENDPOINT_MS)]),
    });
    await response.body?.cancel();
    yield ok("S3 endpoint", `${url} answers`);
    const date = response.headers.get("date");
    if (date !== null) yield clockFinding(new URL(url).host, date, Date.now());
    return true;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    yield failed(
      "S3 endpoint",
      `${url} cannot be reached: ${messageOf(cause)}`,
      "Check AWS_REGION and AWS_ENDPOINT_URL, the network, and that the security group lets HTTPS out.",
    );
    return false;
  }
}

/** The AWS identity in use. @param foreign whether the endpoint may be a server that has only S3 */
async function* identityFinding(
  foreign: boolean,
  signal: AbortSignal,
): AsyncGenerator<Finding, boolean> {
  const sts = openApi((options) => new STSClient(options), { service: "sts", signal });
  try {
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    yield ok("AWS identity", Arn ?? "without a name");
    return true;
  } catch (error) {
    const cause = error instanceof Failure ? error.cause : error;
    if (!foreign || isCredentialFailure(cause)) {
      yield error instanceof Failure ? failedBy("AWS identity", error) : failed(
        "AWS identity",
        messageOf(error),
        "Check the credentials (aws sts get-caller-identity).",
      );
      return false;
    }
    yield skipped("AWS identity", "the endpoint does not support STS");
    return true;
  } finally {
    sts.close();
  }
}

async function* bucketFinding(
  s3: Api<S3Client>,
  { prefix }: Settings,
  bucket: string,
  region: string,
): AsyncGenerator<Finding, boolean> {
  let found: string | undefined;
  try {
    found = (await s3.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion;
  } catch (error) {
    found = regionNamedBy(error instanceof Failure ? error.cause : error);
    if (found === undefined) {
      const refusal = await refusalFinding(s3, bucket, prefix);
      yield refusal;
      return refusal.status !== "failed";
    }
  }
  if (found === undefined || found === region) {
    yield ok("bucket", `${bucket} exists, in ${region}`);
    return true;
  }
  yield failed(
    "bucket",
    `${bucket} is in ${found}, but the configured region is ${region}`,
    `Set AWS_REGION to ${found}: Glue and Athena must be in the bucket's region.`,
    "usage",
  );
  return false;
}

/**
 * Why access to the bucket is denied: a response to HEAD has no body, so this asks with GET. Minimal policies allow
 * listing the lake only, not the whole bucket.
 */
async function refusalFinding(
  s3: Api<S3Client>,
  bucket: string,
  prefix: string,
): Promise<Finding> {
  const Prefix = `${prefix.replace(/^\/+|\/+$/g, "")}/`;
  try {
    await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 }));
    return ok("bucket", `${bucket} exists`);
  } catch (error) {
    if (isNamed(error, "NoSuchBucket")) {
      return failed(
        "bucket",
        `${bucket} does not exist`,
        `Create it (aws s3 mb s3://${bucket}), or check AWS_S3_BUCKET and the account.`,
      );
    }
    if (!(error instanceof Failure)) {
      return failed("bucket", `${bucket}: ${messageOf(error)}`, undefined);
    }
    if (isCredentialFailure(error.cause)) return failedBy("AWS identity", error);
    if (isNamed(error.cause, "AuthorizationHeaderMalformed")) {
      return failedBy("AWS region", error, "usage");
    }
    if (!isNamed(error.cause, "AccessDenied")) return failedBy("bucket", error);
    return warning(
      "bucket",
      `no permission to list ${bucket}: verify, status and query need it, and so does consume if retention ` +
        "has overtaken an interrupted flush",
      `Grant s3:ListBucket on arn:aws:s3:::${bucket}; or the bucket is someone else's.`,
    );
  }
}

/** The region that S3 names in its redirect. */
function regionNamedBy(error: unknown): string | undefined {
  const { $response } = error as {
    $response?: { statusCode: number; headers: Record<string, string> };
  };
  return $response?.statusCode === 301 ? $response.headers["x-amz-bucket-region"] : undefined;
}

async function writeFinding(
  openLake: () => Promise<LakeStore>,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const lake = await openLake();
    try {
      await lake.check({ signal });
      return ok("write permission", `objects can be written to ${lake.description}`);
    } finally {
      lake.close();
    }
  } catch (error) {
    return failedBy("write permission", error);
  }
}

/** Whether the crawler's role exists, and Glue may assume it. */
async function roleFinding(role: string, signal: AbortSignal): Promise<Finding> {
  const name = role.slice(role.lastIndexOf("/") + 1);
  const iam = openApi((options) => new IAMClient(options), { service: "iam", signal });
  try {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }));
    const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "");
    return trust.includes("glue.amazonaws.com")
      ? ok("role", `${name} exists, and Glue may assume it`)
      : failed(
        "role",
        `${name} exists, but its trust policy does not let Glue assume it`,
        "Allow glue.amazonaws.com sts:AssumeRole in it, or create one with `ticklake setup-catalog " +
          "--create-role`.",
      );
  } catch (error) {
    if (isNamed(error, "NoSuchEntityException", "NoSuchEntity")) {
      return failed(
        "role",
        `${name} does not exist`,
        "Create it with `ticklake setup-catalog --create-role`, or check TICKLAKE_GLUE_ROLE.",
      );
    }
    const message = messageOf(error);
    return warning("role", `${name} cannot be checked: ${message}`, "Grant iam:GetRole on it.");
  } finally {
    iam.close();
  }
}
