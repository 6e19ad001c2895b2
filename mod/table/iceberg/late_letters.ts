import type { TableObject } from "../../lake/table_objects.ts";
import { overtakenIn } from "./committed_range.ts";
import type { TableMetadata } from "./metadata.ts";
import { fencesOf } from "./ownership.ts";
import { positionsOf } from "./position.ts";

/** Milliseconds after which no object of a former owner is expected any more. */
const LATE_MS = 7 * 86_400_000;

/** The fields of an object that are used here. */
type Named = Pick<TableObject, "name" | "parsed">;

/**
 * Whether dead letters of former owners may still arrive: where the table was taken from one, or was begun, in the
 * last seven days. A snapshot that has expired before says nothing.
 * @param log id of the log, see `logId`
 * @param nowMs milliseconds since 1970
 */
export function mayBeLate(
  metadata: TableMetadata,
  log: string,
  partitions: readonly number[],
  nowMs: number,
): boolean {
  const positions = positionsOf(metadata, log);
  const begun = partitions.flatMap((partition) => {
    const from = positions.get(partition)?.from;
    return from === undefined ? [] : [`${partition}:${from}-`];
  });
  return (metadata.snapshots ?? []).some(({ summary, "timestamp-ms": at }) => {
    if (summary["ticklake.log"] !== log || nowMs - at >= LATE_MS) return false;
    const ranges = summary["ticklake.ends"]?.split(" ") ?? [];
    return "ticklake.fence" in summary || "ticklake.rewind" in summary ||
      "ticklake.settled" in summary ||
      ranges.some((range) => begun.some((first) => range.startsWith(first)));
  });
}

/**
 * Dead letters and gaps that former owners have put after their ranges were given up. Objects beside the table
 * count once its position is beyond them, so these would count twice. Either a fence or a rewind has refused
 * the range since (names tell, as they carry the number of these), or others have committed its offsets in
 * ranges of other bounds.
 * @param letters all of the log
 */
export function lateLetters<T extends Named>(
  letters: readonly T[],
  metadata: TableMetadata,
  log: string,
): T[] {
  const isOvertaken = overtakenIn(metadata, log);
  const fences = fencesOf(metadata, log);
  return letters.filter(
    ({ parsed: { kind, partition, first, last, partitions, generation = 0 } }) => {
      // A repair records lost offsets anywhere below the table's end, whatever was fenced before.
      if (kind === "gap" && partitions.some(([, reason]) => reason === "lost")) return false;
      const isRefused = fences.get(partition)?.some(({ number, end }) =>
        generation < number && first >= end
      );
      return isRefused || isOvertaken({ partition, first, end: last + 1 });
    },
  );
}
