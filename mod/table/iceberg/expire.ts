import { MAIN, type Snapshot, type TableMetadata } from "./metadata.ts";

/**
 * Snapshots that a commit is to remove by the table's properties: older than
 * `history.expire.max-snapshot-age-ms`, and more than `history.expire.min-snapshots-to-keep` of the
 * current one's ancestors. What a tag names is kept; in a table with other branches everything is kept, as
 * their ancestors are not followed here.
 */
export function expiredSnapshots(metadata: TableMetadata, nowMs: number): Snapshot[] {
  const { properties = {}, snapshots = [], refs = {} } = metadata;
  const maxAgeMs = number(properties["history.expire.max-snapshot-age-ms"], 86_400_000);
  const minKept = number(properties["history.expire.min-snapshots-to-keep"], 100);
  if (Object.keys(refs).some((name) => name !== MAIN && refs[name].type === "branch")) return [];
  const named = new Set(Object.values(refs).map((ref) => ref["snapshot-id"]));
  const byAge = snapshots.toSorted((a, b) => b["sequence-number"] - a["sequence-number"]);
  return byAge
    .slice(Math.max(1, minKept))
    .filter((snapshot) =>
      nowMs - snapshot["timestamp-ms"] > maxAgeMs && !named.has(snapshot["snapshot-id"])
    );
}

function number(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? otherwise : value;
}
