import { HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { openApi } from "../../aws/api.ts";
import { endpointSet } from "../../aws/environment.ts";
import type { Settings } from "../../config/settings.ts";
import { Failure, messageOf } from "../../failure/failure.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

const CHECK = "Athena results";

/**
 * Whether Athena can write its results to a location: the bucket has to exist, in the region of the
 * queries.
 * @param place `s3://BUCKET/PATH/`
 */
export async function resultsFinding(
  { s3PathStyle }: Pick<Settings, "s3PathStyle">,
  place: string,
  signal: AbortSignal,
): Promise<Finding> {
  const bucket = place.match(/^s3:\/\/([^/]+)/)?.[1];
  if (bucket === undefined) {
    return failed(
      CHECK,
      `${place} is not an S3 location`,
      "Set TICKLAKE_ATHENA_OUTPUT, or the workgroup's result location, to s3://BUCKET/PATH/.",
      "usage",
    );
  }
  const forcePathStyle = s3PathStyle ?? endpointSet("s3") !== undefined;
  const s3 = openApi((options) => new S3Client({ ...options, forcePathStyle }), {
    service: "s3",
    signal,
  });
  try {
    const { BucketRegion: found } = await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    const region = await s3.region();
    return found === undefined || found === region
      ? ok(CHECK, `go to ${place}`)
      : inRegion(bucket, found, region);
  } catch (error) {
    const { $response: response } = (error instanceof Failure ? error.cause : error) as {
      $response?: { statusCode: number; headers: Record<string, string> };
    };
    switch (response?.statusCode) {
      case 301:
        return inRegion(bucket, response.headers["x-amz-bucket-region"], await s3.region());
      case 403:
        // A policy of Athena's users need not include listing this bucket.
        return ok(CHECK, `go to ${place}; ${bucket} could not be checked: access denied`);
      case 404:
        return failed(
          CHECK,
          `go to ${place}, but ${bucket} does not exist`,
          `Create it (aws s3 mb s3://${bucket}), or set TICKLAKE_ATHENA_OUTPUT to s3://BUCKET/PATH/ in this region.`,
          "usage",
        );
    }
    return warning(CHECK, `${bucket} cannot be checked: ${messageOf(error)}`);
  } finally {
    s3.close();
  }
}

function inRegion(bucket: string, found: string | undefined, region: string): Finding {
  return failed(
    CHECK,
    `${bucket} is in ${found ?? "another region"}, but Athena runs in ${region}`,
    "Set TICKLAKE_ATHENA_OUTPUT, or the workgroup's result location, to a bucket of this region.",
    "usage",
  );
}
