import type { ManifestFile } from "./manifest.ts";

/** Manifests of a tier that become one of the next. */
const FAN = 10;

/** Manifests of this size are not merged: engines read several in parallel. */
const LARGE_BYTES = 8n * 1024n * 1024n;

/**
 * Which manifests a commit merges: those of a tier, once it has ten. A tier holds manifests with a similar
 * number of files, so each entry is rewritten once per tier, and a table of any size has a few dozen manifests.
 * @returns groups, each to become one manifest; tiers above grow with later commits
 */
export function manifestsToMerge(
  manifests: readonly ManifestFile[],
  isMergeable: (manifest: ManifestFile) => boolean,
): ManifestFile[][] {
  const tiers = new Map<string, ManifestFile[]>();
  for (const manifest of manifests) {
    if (manifest.content !== 0 || manifest.manifest_length >= LARGE_BYTES) continue;
    if (!isMergeable(manifest)) continue;
    const files = manifest.added_files_count + manifest.existing_files_count;
    const tier = Math.floor(Math.log10(Math.max(1, files)));
    const key = `${manifest.partition_spec_id} ${tier}`;
    tiers.set(key, [...tiers.get(key) ?? [], manifest]);
  }
  return [...tiers.values()].filter((tier) => tier.length >= FAN);
}
