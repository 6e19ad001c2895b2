import { changeTable } from "./change_table.ts";
import type { TableCatalog } from "./catalog.ts";
import { type LiveEntry, mayHold } from "./live_entries.ts";
import { positionsOf } from "./position.ts";
import { type FileFate, RowRemoval } from "./remove_rows.ts";
import type { TableFiles } from "./table_files.ts";

/** Options of {@linkcode removeWrongRows}. */
export interface WrongRowsOptions {
  catalog: TableCatalog;
  files: TableFiles;
  table: string;
  log: { id: string };
  /** Names of files that cannot be read. */
  unreadable: ReadonlySet<string>;
  /** Offsets `[first, last]` that are there more than once, by partition. */
  doubled: ReadonlyMap<number, ReadonlyArray<{ first: number; last: number }>>;
  /** Partitions in which rows lie beyond the table's position. */
  beyond: ReadonlySet<number>;
  /** Column with a row's place in its message's array; without it messages are one row. */
  indexColumn?: string;
  signal?: AbortSignal;
}

/** Property with the attempt's id, by which its commit is recognized after a lost answer. */
const PROPERTY = "ticklake.repair";

/**
 * Takes out, in one commit, files that cannot be read, rows that are there a second time, and rows beyond
 * the position of their partition.
 */
export async function removeWrongRows(options: WrongRowsOptions): Promise<void> {
  const { files, log, unreadable, doubled, beyond, indexColumn, signal } = options;
  const attempt = crypto.randomUUID();
  await changeTable(options, async (base) => {
    const { metadata } = base;
    if (metadata.properties?.[PROPERTY] === attempt) return undefined;
    const ends = positionsOf(metadata, log.id);
    // Of this attempt alone, as `seen` is: a file left out by an earlier one may have been the second of two
    // that another program has compacted or deleted since.
    const removal = new RowRemoval({ files, log: log.id, indexColumn, signal });
    const seen = new Map<number, Set<string>>();
    const isKept = (partition: number, offset: number, index: number): boolean => {
      if (beyond.has(partition) && offset >= (ends.get(partition)?.end ?? Infinity)) return false;
      const isDoubled = doubled.get(partition)
        ?.some(({ first, last }) => offset >= first && offset <= last);
      if (isDoubled !== true) return true;
      const own = seen.get(partition) ?? new Set();
      seen.set(partition, own);
      const row = `${offset} ${index}`;
      if (own.has(row)) return false;
      own.add(row);
      return true;
    };
    const fate = ({ name, origin, file }: LiveEntry): FileFate => {
      if (unreadable.has(name)) return "removed";
      if (origin !== undefined && origin.log !== log.id) return "kept";
      const may = (partition: number, range: { first: number; last: number }) =>
        (origin?.range === undefined || origin.range.partition === partition) &&
        mayHold(file, base, partition, range);
      const isConcerned = [...doubled].some(([partition, ranges]) =>
        ranges.some((range) => may(partition, range))
      ) ||
        [...beyond].some((partition) =>
          may(partition, { first: ends.get(partition)?.end ?? Infinity, last: Infinity })
        );
      return isConcerned ? { isKept } : "kept";
    };
    const summary = { "ticklake.log": log.id, "ticklake.repair": attempt };
    const updates = await removal.updates(base, fate, summary);
    return [...updates, { action: "set-properties", updates: { [PROPERTY]: attempt } }];
  });
}
