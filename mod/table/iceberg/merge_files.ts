import { changeTable } from "./change_table.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { expiredSnapshots } from "./expire.ts";
import { liveEntries, type LiveEntry, partitionKey } from "./live_entries.ts";
import { logsOf } from "./position.ts";
import { rewriteFiles } from "./rewrite_files.ts";
import { type AddedFile, writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";
import type { TableUpdate } from "./updates.ts";

/** Files of one partition of the table and one log that become one. */
export interface FileMerge {
  log: string;
  entries: LiveEntry[];
  /** Size of the files, bytes. */
  bytes: number;
}

/** Fewer small files of a partition are left as they are: each merge writes its rows again. */
const LEAST_FILES = 5;

/** Rows of a merged file: they are held in memory while it is written. */
const MOST_ROWS = 2_000_000;

/** Bytes of files, as stored, that become one at most, for the same reason. */
const MOST_BYTES = 64 * 2 ** 20;

/** Bytes of files that one commit merges. */
const COMMIT_BYTES = 512 * 2 ** 20;

/**
 * Which files are to be merged: small ones of the same partition and log, in the order of their names.
 * Files of another program are merged only where all rows of the table are of one log.
 * @param targetBytes size that files should have; what has three quarters of it is large enough
 */
export async function plannedFileMerges(
  base: LoadedTable,
  files: TableFiles,
  targetBytes: number,
): Promise<FileMerge[]> {
  const { entries, hasDeleteFiles } = await liveEntries(base, files);
  // Merging would have to apply the deletes: left to the program that wrote them.
  if (hasDeleteFiles) return [];
  const target = Math.min(targetBytes, MOST_BYTES);
  const logs = [...logsOf(base.metadata).keys()];
  const onlyLog = logs.length === 1 ? logs[0] : undefined;
  const small = entries.filter(({ file }) => Number(file.file_size_in_bytes) < target * 0.75);
  const groups = Map.groupBy(
    small,
    ({ specId, file, origin }) =>
      JSON.stringify([origin?.log ?? onlyLog ?? null, specId, partitionKey(file)]),
  );
  const merges: FileMerge[] = [];
  for (const [key, group] of groups) {
    const [log] = JSON.parse(key) as [string | null];
    if (log !== null) merges.push(...bins(group, target).map((bin) => ({ log, ...bin })));
  }
  return merges;
}

/** Files in the order of their names, in parts of about the target's size. */
function bins(group: readonly LiveEntry[], target: number): Array<Omit<FileMerge, "log">> {
  const found: Array<{ entries: LiveEntry[]; bytes: number; rows: number }> = [];
  for (const entry of group.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
    const bytes = Number(entry.file.file_size_in_bytes);
    const rows = Number(entry.file.record_count);
    const bin = found.at(-1);
    if (bin === undefined || bin.bytes + bytes > target || bin.rows + rows > MOST_ROWS) {
      found.push({ entries: [entry], bytes, rows });
      continue;
    }
    bin.entries.push(entry);
    bin.bytes += bytes;
    bin.rows += rows;
  }
  return found
    .filter(({ entries, bytes }) =>
      entries.length >= LEAST_FILES || entries.length > 1 && bytes >= target / 2
    )
    .map(({ entries, bytes }) => ({ entries, bytes }));
}

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
}

/**
 * Merges small files; rows and positions stay as they are. A merge is committed only if all
 * of its files are still in the table, so it may run beside writers and other programs.
 */
export async function mergeFiles(options: MergeFilesOptions): Promise<FileMergeSummary> {
  const { catalog, files, targetBytes, signal, onProgress } = options;
  const summary = { parts: 0, merged: 0 };
  const base = await catalog.load();
  if (base === undefined) return summary;
  const merges = await plannedFileMerges(base, files, targetBytes);
  const all = merges.reduce((sum, { entries }) => sum + entries.length, 0);
  let done = 0;
  for (let at = 0; at < merges.length;) {
    const written: Array<{ entries: LiveEntry[]; file: AddedFile }> = [];
    for (let bytes = 0; at < merges.length && bytes < COMMIT_BYTES; at++) {
      const { entries, log, bytes: size } = merges[at];
      const { file } = await rewriteFiles({ base, files, entries, log, signal });
      if (file !== undefined) written.push({ entries, file });
      bytes += size;
      onProgress?.(done += entries.length, all);
    }
    const taken = await commitMerges(written, options);
    summary.parts += taken.reduce((sum, { entries }) => sum + entries.length, 0);
    summary.merged += taken.length;
  }
  return summary;
}

/** @returns those that are part of the table */
async function commitMerges<T extends { entries: LiveEntry[]; file: AddedFile }>(
  written: readonly T[],
  { files, ...options }: MergeFilesOptions,
): Promise<T[]> {
  let taken: T[] = [];
  await changeTable(options, async (base) => {
    const { entries, hasDeleteFiles } = await liveEntries(base, files);
    const live = new Set(entries.map(({ file }) => file.file_path));
    // The answer to a commit may have been lost.
    const isIn = ({ file }: T) => live.has(file.file.file_path);
    if (taken.length > 0 && taken.every(isIn)) return undefined;
    taken = hasDeleteFiles
      ? []
      : written.filter(({ entries }) => entries.every(({ file }) => live.has(file.file_path)));
    if (taken.length === 0) return undefined;
    const removed = new Set(
      taken.flatMap(({ entries }) => entries.map(({ file }) => file.file_path)),
    );
    const added = taken.map(({ file }) => file);
    const summary = { "ticklake.merge": String(removed.size) };
    return await writeSnapshot(base, files, { added, removed, summary }, Date.now());
  });
  return taken;
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
