import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";

/**
 * Opens the lake that the settings name: S3, otherwise the directory below `home`. With `--dry-run`
 * what is written to it stays in memory.
 * @throws {Failure} kind `usage`, when settings contradict each other
 */
export async function openLake(settings: Settings): Promise<LakeStore> {
  const lake = await openStore(settings);
  if (!settings.dryRun) return lake;
  const { dryRunLake } = await import("../lake/dry_run_lake.ts");
  return dryRunLake(lake);
}

async function openStore(settings: Settings): Promise<LakeStore> {
  const { bucket, prefix, s3Sse, s3SseKmsKeyId } = settings;
  if (s3SseKmsKeyId !== undefined && s3Sse !== "aws:kms") {
    throw new Failure(
      "usage",
      `a KMS key is set (TICKLAKE_S3_SSE_KMS_KEY_ID), but TICKLAKE_S3_SSE is ${s3Sse ?? "not set"}`,
      { fix: "Set TICKLAKE_S3_SSE (--sse) to aws:kms." },
    );
  }
  if (bucket !== undefined) {
    const { openS3Lake } = await import("../lake/s3.ts");
    return openS3Lake({
      bucket,
      prefix,
      sse: s3Sse,
      sseKmsKeyId: s3SseKmsKeyId,
      storageClass: settings.s3StorageClass,
      pathStyle: settings.s3PathStyle,
    });
  }
  const { openDirectoryLake } = await import("../lake/directory.ts");
  return openDirectoryLake(`${settings.home}/lake`);
}
