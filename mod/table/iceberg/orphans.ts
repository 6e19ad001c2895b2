import type { LakeObject } from "../../lake/store.ts";
import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { type ManifestFile, readManifest, STATUS } from "./manifest.ts";
import { readManifestList } from "./manifest_list.ts";
import { logOfName, mergedAt, parseDataFile } from "./file_origin.ts";
import { positionsOf } from "./position.ts";
import { replayRecords } from "./replay_record.ts";
import { writtenAt } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/** What {@linkcode findOrphans} needs. */
export interface OrphanOptions {
  catalog: TableCatalog;
  files: TableFiles;
  /** Younger metadata and merged files may belong to a commit in flight. */
  olderThanMs: number;
  signal: AbortSignal;
}

/** Metadata files read in parallel. */
const READ_AT_ONCE = 16;

/**
 * Files of this program that no snapshot references: left by commits that failed, and by expired snapshots.
 * Safe beside writers: a data file is an orphan only once the table's position has passed it, so that no
 * commit can add it any more. Files of other programs are left to those.
 */
export async function findOrphans(
  { catalog, files, olderThanMs, signal }: OrphanOptions,
): Promise<LakeObject[]> {
  // Listed first: whatever is written from now on is not in the list.
  const listed = [
    ...await Array.fromAsync(files.store.list(`${files.folder}/data/`, { signal })),
    ...await Array.fromAsync(files.store.list(`${files.folder}/metadata/`, { signal })),
  ];
  // Read before the table: the record of a replay is removed only after its commit.
  const isReplaying = (await replayRecords(files.store, files.folder, { signal })).length > 0;
  const base = await catalog.load();
  if (base === undefined) return [];
  const kept = await referenced(base, files, signal);
  return listed.filter(({ name }) => {
    if (kept.has(name)) return false;
    const writtenMs = writtenAt(name) ?? mergedAt(name);
    if (writtenMs !== undefined) return Date.now() - writtenMs > olderThanMs;
    if (isReplaying && parseDataFile(name)?.replay !== undefined) return false;
    return isOvertaken(name, base);
  });
}

/** Whether a data file of ours is before its partition's position. */
function isOvertaken(name: string, { metadata }: LoadedTable): boolean {
  const parsed = name.includes("/data/") ? parseDataFile(name) : null;
  if (parsed === null) return false;
  const { partition, last } = parsed;
  const position = positionsOf(metadata, logOfName(metadata, parsed)).get(partition);
  return position !== undefined && last < position.end;
}

/** Names of all files that some snapshot of the table has. */
async function referenced(
  { metadata }: LoadedTable,
  files: TableFiles,
  signal: AbortSignal,
): Promise<Set<string>> {
  const kept = new Set<string>();
  const keep = (uri: string) => kept.add(files.name(uri, metadata.location));
  const manifests = new Map<string, ManifestFile>();
  await eachOf(metadata.snapshots ?? [], async ({ "manifest-list": list }) => {
    signal.throwIfAborted();
    keep(list);
    for (const manifest of readManifestList(await files.get(list, metadata.location), list)) {
      manifests.set(manifest.manifest_path, manifest);
    }
  });
  await eachOf([...manifests.values()], async (manifest) => {
    signal.throwIfAborted();
    keep(manifest.manifest_path);
    const bytes = await files.get(manifest.manifest_path, metadata.location);
    for (const { status, data_file } of readManifest(bytes, manifest)) {
      if (status !== STATUS.deleted) keep(data_file.file_path);
    }
  });
  return kept;
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += READ_AT_ONCE) {
    await Promise.all(items.slice(at, at + READ_AT_ONCE).map(work));
  }
}
