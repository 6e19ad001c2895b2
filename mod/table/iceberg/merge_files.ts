import { changeTable } from "./change_table.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { expiredSnapshots } from "./expire.ts";
import { liveEntries, type LiveEntry } from "./live_entries.ts";
import { plannedFileMerges } from "./plan_file_merges.ts";
import { rewriteFiles } from "./rewrite_files.ts";
import { RowDeletes } from "./row_deletes.ts";
import { type AddedFile, writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";
import type { TableUpdate } from "./updates.ts";

/** Bytes of files that one commit merges. */
const COMMIT_BYTES = 512 * 2 ** 20;

/** Options of {@linkcode mergeFiles}. */
export interface MergeFilesOptions {
  catalog: TableCatalog;
  files: TableFiles;
  table: string;
  targetBytes: number;
  signal: AbortSignal;
  onProgress?(done: number, all: number): void;
}

/** What became of the files. */
export interface FileMergeSummary {
  /** Files that are merged into others. */
  parts: number;
  /** Files that they became. */
  merged: number;
  /** Delete files that were removed, as what they delete is in no file any more. */
  deleteFiles: number;
  /** Files of which rows are deleted and which were not rewritten. */
  left: number;
}

/** Files that were written as one, which is absent if all rows were deleted. */
interface WrittenMerge {
  entries: LiveEntry[];
  file?: AddedFile;
}

/**
 * Merges small files, and applies delete files; rows and positions stay as they are. A merge is committed
 * only if all of its files are still in the table and no more of their rows are deleted, so it may run beside
 * writers and other programs.
 */
export async function mergeFiles(options: MergeFilesOptions): Promise<FileMergeSummary> {
  const { catalog, files, targetBytes, signal, onProgress } = options;
  const summary = { parts: 0, merged: 0, deleteFiles: 0, left: 0 };
  const base = await catalog.load();
  if (base === undefined) return summary;
  const { merges, deletes, applied, left } = await plannedFileMerges(base, files, targetBytes);
  summary.left = left;
  const all = merges.reduce((sum, { entries }) => sum + entries.length, 0);
  let done = 0;
  let at = 0;
  // Once also where there is nothing to merge, for delete files that delete nothing.
  do {
    const written: WrittenMerge[] = [];
    for (let bytes = 0; at < merges.length && bytes < COMMIT_BYTES; at++) {
      const { entries, log, bytes: size } = merges[at];
      const { file } = await rewriteFiles({ base, files, entries, log, deletes, signal });
      written.push({ entries, file });
      bytes += size;
      onProgress?.(done += entries.length, all);
    }
    if (written.length === 0 && applied.size === 0) break;
    const { taken, deleteFiles } = await commitMerges(written, base, options);
    summary.parts += taken.reduce((sum, { entries }) => sum + entries.length, 0);
    summary.merged += taken.filter(({ file }) => file !== undefined).length;
    summary.deleteFiles += deleteFiles;
  } while (at < merges.length);
  return summary;
}

/** @returns what is part of the table, and the number of delete files that were removed with it */
async function commitMerges(
  written: readonly WrittenMerge[],
  { metadata: { "last-sequence-number": read } }: LoadedTable,
  { files, ...options }: MergeFilesOptions,
): Promise<{ taken: readonly WrittenMerge[]; deleteFiles: number }> {
  let taken: WrittenMerge[] = [];
  let deleteFiles = 0;
  await changeTable(options, async (base) => {
    const { entries, hasDeleteFiles } = await liveEntries(base, files);
    const live = new Set(entries.map(({ file }) => file.file_path));
    const areLive = ({ entries }: WrittenMerge) =>
      entries.every(({ file }) => live.has(file.file_path));
    // The answer to a commit may have been lost.
    const isIn = (one: WrittenMerge) =>
      one.file === undefined ? !areLive(one) : live.has(one.file.file.file_path);
    if (taken.length > 0 && taken.every(isIn)) return undefined;
    const deletes = hasDeleteFiles
      ? await RowDeletes.open(base, files, { signal: options.signal })
      : undefined;
    taken = [];
    for (const one of written) {
      if (areLive(one) && !await isDeletedSince(one, deletes, read)) taken.push(one);
    }
    const removed = new Set(
      taken.flatMap(({ entries }) => entries.map(({ file }) => file.file_path)),
    );
    const merged = removed.size;
    const rest = entries.filter(({ file }) => !removed.has(file.file_path));
    const applied = await deletes?.without(rest) ?? new Set<string>();
    deleteFiles = applied.size;
    for (const uri of applied) removed.add(uri);
    if (removed.size === 0) return undefined;
    const added = taken.flatMap(({ file }) => file ?? []);
    const summary = { "ticklake.merge": String(merged) };
    return await writeSnapshot(base, files, { added, removed, summary }, Date.now());
  });
  return { taken, deleteFiles };
}

/** Whether more rows of the files were deleted after they were read. @param read sequence number then */
async function isDeletedSince(
  { entries }: WrittenMerge,
  deletes: RowDeletes | undefined,
  read: number,
): Promise<boolean> {
  for (const entry of entries) if (await deletes?.concern(entry, BigInt(read))) return true;
  return false;
}

/** Removes the snapshots that the table's properties no longer want. @returns how many */
export async function expireSnapshots(
  options: Omit<MergeFilesOptions, "files" | "targetBytes"> & { dryRun: boolean },
): Promise<number> {
  let count = 0;
  const expired = ({ metadata }: LoadedTable) => expiredSnapshots(metadata, Date.now());
  if (options.dryRun) {
    const base = await options.catalog.load();
    return base === undefined ? 0 : expired(base).length;
  }
  await changeTable(options, (base): Promise<TableUpdate[] | undefined> => {
    const ids = expired(base).map((snapshot) => snapshot["snapshot-id"]);
    if (ids.length === 0) return Promise.resolve(undefined);
    count = ids.length;
    return Promise.resolve([{ action: "remove-snapshots", "snapshot-ids": ids }]);
  });
  return count;
}
