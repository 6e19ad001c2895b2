import type { LoadedTable } from "./catalog.ts";
import type { TableMetadata } from "./metadata.ts";

/**
 * The log of previous metadata files after a commit, and the files it drops, by
 * `write.metadata.previous-versions-max`, and `write.metadata.delete-after-commit.enabled`.
 */
export function nextLog(
  { metadata, metadataFile }: LoadedTable,
): { log: NonNullable<TableMetadata["metadata-log"]>; trimmed: string[] } {
  const { properties = {} } = metadata;
  const most = Math.max(
    1,
    Number(properties["write.metadata.previous-versions-max"] ?? 100) || 100,
  );
  const log = [
    ...metadata["metadata-log"] ?? [],
    { "metadata-file": metadataFile, "timestamp-ms": metadata["last-updated-ms"] },
  ];
  const trimmed = log.slice(0, Math.max(0, log.length - most));
  const isRemoved = properties["write.metadata.delete-after-commit.enabled"] === "true";
  return {
    log: log.slice(-most),
    trimmed: isRemoved ? trimmed.map((entry) => entry["metadata-file"]) : [],
  };
}
