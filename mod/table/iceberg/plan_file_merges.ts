import type { LoadedTable } from "./catalog.ts";
import { liveEntries, type LiveEntry, partitionKey } from "./live_entries.ts";
import { logsOf } from "./position.ts";
import { RowDeletes } from "./row_deletes.ts";
import type { TableFiles } from "./table_files.ts";

/** Files of one partition of the table and one log that become one. */
export interface FileMerge {
  log: string;
  entries: LiveEntry[];
  /** Size of the files, bytes. */
  bytes: number;
}

/** What {@linkcode plannedFileMerges} finds. */
export interface FileMergePlan {
  merges: FileMerge[];
  /** What delete files delete; absent if there are none. */
  deletes?: RowDeletes;
  /** URIs of delete files that delete nothing once the files are merged. */
  applied: ReadonlySet<string>;
  /** Number of files of which rows are deleted and which are not rewritten. */
  left: number;
}

/** Fewer small files of a partition are left as they are: each merge writes its rows again. */
const LEAST_FILES = 5;

/** Rows of a merged file: they are held in memory while it is written. */
const MOST_ROWS = 2_000_000;

/** Bytes of files, as stored, that become one at most, for the same reason. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Which files are to be merged: small ones of the same partition and log, in the order of their names; and
 * those of any size of which delete files delete rows, so that the deletes are applied. Files of another
 * program are merged only where all rows of the table are of one log.
 * @param targetBytes size that files should have; what has three quarters of it is large enough
 * @throws {Failure} kind `failed`, when a delete file cannot be read
 */
export async function plannedFileMerges(
  base: LoadedTable,
  files: TableFiles,
  targetBytes: number,
): Promise<FileMergePlan> {
  const { entries, hasDeleteFiles } = await liveEntries(base, files);
  const deletes = hasDeleteFiles ? await RowDeletes.open(base, files) : undefined;
  const concerned = new Set<LiveEntry>();
  for (const entry of entries) if (await deletes?.concern(entry)) concerned.add(entry);
  const target = Math.min(targetBytes, MOST_BYTES);
  const logs = [...logsOf(base.metadata).keys()];
  const onlyLog = logs.length === 1 ? logs[0] : undefined;
  const chosen = entries.filter((entry) => {
    const { file_size_in_bytes: bytes, record_count: rows } = entry.file;
    if (!concerned.has(entry)) return Number(bytes) < target * 0.75;
    return deletes!.isReadable(entry) && Number(bytes) <= MOST_BYTES && Number(rows) <= MOST_ROWS;
  });
  const groups = Map.groupBy(
    chosen,
    ({ specId, file, origin }) =>
      JSON.stringify([origin?.log ?? onlyLog ?? null, specId, partitionKey(file)]),
  );
  const merges: FileMerge[] = [];
  for (const [key, group] of groups) {
    const [log] = JSON.parse(key) as [string | null];
    if (log === null) continue;
    merges.push(...bins(group, target, concerned).map((bin) => ({ log, ...bin })));
  }
  const gone = new Set(merges.flatMap(({ entries }) => entries));
  const rest = entries.filter((entry) => !gone.has(entry));
  return {
    merges,
    deletes,
    applied: await deletes?.without(rest) ?? new Set(),
    left: rest.filter((entry) => concerned.has(entry)).length,
  };
}

/** Files in the order of their names, in parts of about the target's size. */
function bins(
  group: readonly LiveEntry[],
  target: number,
  concerned: ReadonlySet<LiveEntry>,
): Array<Omit<FileMerge, "log">> {
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
      entries.length >= LEAST_FILES || entries.length > 1 && bytes >= target / 2 ||
      entries.some((entry) => concerned.has(entry))
    )
    .map(({ entries, bytes }) => ({ entries, bytes }));
}
