import type { TablePosition } from "../table.ts";
import { changeTable } from "./change_table.ts";
import type { TableCatalog } from "./catalog.ts";
import { type LiveEntry, mayHold } from "./live_entries.ts";
import {
  formatPosition,
  positionProperty,
  rewindOf,
  rewindProperty,
  settledProperty,
} from "./position.ts";
import { type FileFate, RowRemoval } from "./remove_rows.ts";
import type { TableFiles } from "./table_files.ts";

/** Options of {@linkcode rewindTable}. */
export interface RewindOptions {
  catalog: TableCatalog;
  files: TableFiles;
  table: string;
  log: { id: string };
  /** Where the table is to end, by partition. */
  to: ReadonlyMap<number, TablePosition>;
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
      { action: "set-properties", updates: properties },
      ...settled.length === 0 ? [] : [{ action: "remove-properties" as const, removals: settled }],
    ];
  });
}
