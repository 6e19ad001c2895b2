import { Failure } from "../failure/failure.ts";
import type { ObjectName } from "../lake/layout.ts";
import type { LoadedTable } from "../table/iceberg/catalog.ts";
import { isDeleteOfOthers } from "../table/iceberg/deletions.ts";
import { liveEntries, type LiveEntry } from "../table/iceberg/live_entries.ts";
import { MAIN } from "../table/iceberg/metadata.ts";
import { RowDeletes } from "../table/iceberg/row_deletes.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { objectOffsets } from "./object_offsets.ts";

/** Called for each row that was deleted. @param log id of its log; `undefined` if its file does not say */
export type DeletedRow = (log: string | undefined, partition: number, offset: number) => void;

/**
 * Finds the rows that others have deleted in the table's history: those of files that such a snapshot no
 * longer has, and those that its delete files name. Rows that the snapshot has in other files are among them.
 * What cannot be read any more is left out.
 */
export async function rowsDeletedBefore(
  base: LoadedTable,
  files: TableFiles,
  { signal, onRow }: { signal: AbortSignal; onRow: DeletedRow },
): Promise<void> {
  /** Files of which all rows are told. */
  const told = new Set<string>();
  const rowsOf = async (entry: LiveEntry, deletes?: RowDeletes) => {
    signal.throwIfAborted();
    const bytes = await files.store.get(entry.name, { signal });
    const parsed = { kind: "rows", extension: "parquet" } as ObjectName;
    const { offsets, partitionOf } = await objectOffsets({ name: entry.name, parsed }, bytes);
    const gone = await deletes?.of(entry, bytes);
    offsets.forEach((offset, row) => {
      if (gone?.has(row) ?? true) onRow(entry.origin?.log, partitionOf[row], offset);
    });
  };
  for (const snapshot of base.metadata.snapshots?.filter(isDeleteOfOthers) ?? []) {
    const at = (id: bigint | undefined) => id === undefined ? undefined : stateAt(base, id);
    const after = at(snapshot["snapshot-id"])!;
    try {
      const { entries, hasDeleteFiles } = await liveEntries(after, files);
      const deletes = hasDeleteFiles ? await RowDeletes.open(after, files, { signal }) : undefined;
      const live = new Set(entries.map(({ name }) => name));
      const before = at(snapshot["parent-snapshot-id"]);
      const former = before === undefined ? [] : (await liveEntries(before, files)).entries;
      for (const entry of former) {
        if (live.has(entry.name) || told.has(entry.name)) continue;
        told.add(entry.name);
        await rowsOf(entry).catch(unlessGone);
      }
      for (const entry of entries) {
        if (deletes === undefined || told.has(entry.name)) continue;
        if (deletes.mayConcern(entry)) await rowsOf(entry, deletes).catch(unlessGone);
      }
    } catch (error) {
      unlessGone(error);
    }
  }
}

/** The table as it was; `undefined` once the snapshot is expired. */
function stateAt(base: LoadedTable, id: bigint): LoadedTable | undefined {
  const { metadata } = base;
  if (!metadata.snapshots?.some((snapshot) => snapshot["snapshot-id"] === id)) return undefined;
  const refs = { [MAIN]: { "snapshot-id": id, type: "branch" as const } };
  return { ...base, metadata: { ...metadata, refs, "current-snapshot-id": id } };
}

/** Files of former snapshots may be removed at any time. */
function unlessGone(error: unknown): void {
  if (error instanceof Failure && ["failed", "rejected"].includes(error.kind)) return;
  throw error;
}
