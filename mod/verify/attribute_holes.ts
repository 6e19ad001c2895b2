import type { Deletions } from "../table/iceberg/deletions.ts";
import { countOffsets, merged } from "./offset_range.ts";
import type { PartitionVerdict } from "./verify.ts";

/**
 * Attributes offsets without a row to other programs that have deleted rows, by number: the snapshots that
 * tell which rows those were may have expired. Where more rows are missing than were deleted, nobody can tell
 * which of them are lost: then they are all missing, and may have been deleted.
 * @param deletions of the table, all of whose logs and partitions the verdicts are about
 */
export function attributeHoles(
  verdicts: PartitionVerdict[],
  deletions: Deletions,
): PartitionVerdict[] {
  const total = (of: (verdict: PartitionVerdict) => number) =>
    verdicts.reduce((sum, verdict) => sum + of(verdict), 0);
  // A message may be several rows.
  const rest = Math.max(0, deletions.rows - total(({ deleted }) => countOffsets(deleted)));
  if (rest === 0 && deletions.isExact) return verdicts;
  const missing = total((verdict) => countOffsets(verdict.missing));
  const unproven = total((verdict) => countOffsets(verdict.unproven));
  if (missing > rest) {
    return verdicts.map((verdict) =>
      verdict.missing.length === 0 ? verdict : { ...verdict, mayBeDeleted: true }
    );
  }
  const areAll = missing + unproven <= rest;
  return verdicts.map((verdict) => ({
    ...verdict,
    deleted: merged([...verdict.deleted, ...verdict.missing, ...areAll ? verdict.unproven : []]),
    missing: [],
    unproven: areAll ? [] : verdict.unproven,
  }));
}
