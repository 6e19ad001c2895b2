import type { TablePosition } from "../table.ts";
import { changeTable } from "./change_table.ts";
import type { TableCatalog } from "./catalog.ts";
import { deletionsOf, recording } from "./deletions.ts";
import { type LiveEntry, mayHold } from "./live_entries.ts";
import {
  formatPosition,
  logsOf,
  positionProperty,
  positionsOf,
  rewindOf,
  rewindProperty,
  settledProperty,
} from "./position.ts";
import { type FileFate, RowRemoval } from "./remove_rows.ts";
import type { TableMetadata } from "./metadata.ts";
import type { TableFiles } from "./table_files.ts";
import type { TableUpdate } from "./updates.ts";

/** Options of {@linkcode rewindTable}. */
export interface RewindOptions {
  catalog: TableCatalog;
  files: TableFiles;
  table: string;
  log: { id: string };
  /** Where the table is to end, by partition. */
  to: ReadonlyMap<number, TablePosition>;
  /** See `RewindCallOptions`. */
  rowsLeftDeleted?: number;
  signal?: AbortSignal;
}

/**
 * Sets the ends of partitions back: rows and positions change in one commit. What was written for the
 * ranges that follow gets names of its own (see `Rewinds.count`), as former snapshots still name the
 * former files; and a former owner that still commits a range from before is refused.
 */
export async function rewindTable(options: RewindOptions): Promise<void> {
  const { files, log, to, signal } = options;
  const removal = new RowRemoval({ files, log: log.id, signal });
  let wanted: Map<number, number> | undefined;
  await changeTable(options, async (base) => {
    const { metadata } = base;
    const count = (partition: number) => rewindOf(metadata, log.id, partition).count;
    wanted ??= new Map([...to.keys()].map((partition) => [partition, count(partition) + 1]));
    // By this call, whose answer was lost.
    if ([...wanted].every(([partition, number]) => count(partition) >= number)) return undefined;
    const fate = (entry: LiveEntry): FileFate => {
      const { origin } = entry;
      if (origin !== undefined && origin.log !== log.id) return "kept";
      if (origin?.range !== undefined) {
        const { partition, first, last } = origin.range;
        const end = to.get(partition)?.end;
        if (end === undefined || last < end) return "kept";
        return first >= end ? "removed" : { isKept: (_, offset) => offset < end };
      }
      const isThere = [...to].some(([partition, { end }]) =>
        mayHold(entry.file, base, partition, { first: end, last: Infinity })
      );
      if (!isThere) return "kept";
      return { isKept: (partition, offset) => offset < (to.get(partition)?.end ?? Infinity) };
    };
    const ends = [...to].map(([partition, { end }]) => `${partition}:${end}`).join(" ");
    const summary = { "ticklake.log": log.id, "ticklake.rewind": ends };
    const updates = await removal.updates(base, fate, summary);
    const properties: Record<string, string> = {};
    for (const [partition, position] of to) {
      properties[positionProperty(log.id, partition)] = formatPosition(position);
      properties[rewindProperty(log.id, partition)] = `${wanted.get(partition)}:${position.end}`;
    }
    const settled = [...to.keys()].map((partition) => settledProperty(log.id, partition))
      .filter((name) => name in (metadata.properties ?? {}));
    return [
      ...updates,
      ...deletionsAfter(metadata, options),
      { action: "set-properties", updates: properties },
      ...settled.length === 0 ? [] : [{ action: "remove-properties" as const, removals: settled }],
    ];
  });
}

/**
 * How many of the rows that others have deleted are read again is not known, unless all are, or a repair has
 * counted those that are not.
 */
function deletionsAfter(
  metadata: TableMetadata,
  { log, to, rowsLeftDeleted }: RewindOptions,
): TableUpdate[] {
  if (rowsLeftDeleted !== undefined) {
    return [recording(metadata, { rows: rowsLeftDeleted, isExact: true })];
  }
  const { rows, isExact } = deletionsOf(metadata);
  if (rows === 0 && isExact) return [];
  const areAll = logsOf(metadata).size <= 1 &&
    [...positionsOf(metadata, log.id)].every(([partition, { from }]) =>
      to.get(partition)?.end === from
    );
  return [recording(metadata, areAll ? { rows: 0, isExact: true } : { rows, isExact: false })];
}
