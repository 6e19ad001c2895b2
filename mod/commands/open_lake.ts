import type { Settings } from "../config/settings.ts";
import type { LakeStore } from "../lake/store.ts";

/** Opens the lake that the settings name: S3, else the directory below `home`. */
export async function openLake(settings: Settings): Promise<LakeStore> {
  if (settings.bucket !== undefined) {
    const { openS3Lake } = await import("../lake/s3.ts");
    return openS3Lake({ bucket: settings.bucket, prefix: settings.prefix });
  }
  const { openDirectoryLake } = await import("../lake/directory.ts");
  return openDirectoryLake(`${settings.home}/lake`);
}
