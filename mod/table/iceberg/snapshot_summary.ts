import type { DataFile, ManifestFile } from "./manifest.ts";
import type { Snapshot } from "./metadata.ts";

/** What a snapshot's summary says. */
export interface SummaryOptions {
  operation: string;
  /** Files that it adds. */
  added: readonly DataFile[];
  /** Files that it removes, delete files among them. */
  gone: readonly DataFile[];
  /** Its manifests. */
  manifests: readonly ManifestFile[];
  /** Summary of the snapshot that it follows. @default {it is the first} */
  parent?: Snapshot["summary"];
}

/** The summary of a snapshot. Source: https://iceberg.apache.org/spec/#optional-snapshot-summary-fields */
export function snapshotSummary(
  { operation, added, gone, manifests, parent = {} }: SummaryOptions,
): Record<string, string> {
  const sum = (files: readonly DataFile[], of: (file: DataFile) => bigint) =>
    files.reduce((total, file) => total + of(file), 0n);
  const rows = (files: readonly DataFile[]) => sum(files, (file) => file.record_count);
  const bytes = (files: readonly DataFile[]) => sum(files, (file) => file.file_size_in_bytes);
  const goneData = gone.filter(({ content }) => content === 0);
  const goneDeletes = gone.filter(({ content }) => content !== 0);
  const data = manifests.filter(({ content }) => content === 0);
  const live = data.reduce((n, m) => n + m.added_files_count + m.existing_files_count, 0);
  const liveRows = data.reduce((n, m) => n + m.added_rows_count + m.existing_rows_count, 0n);
  const total = (name: string) => BigInt(parent[name] ?? "0");
  const size = total("total-files-size") + bytes(added) - bytes(gone);
  const byPosition = ({ content }: DataFile) => content === 1;
  const byValue = ({ content }: DataFile) => content === 2;
  const rest = (name: string, isOne: (file: DataFile) => boolean) =>
    String(total(name) - rows(goneDeletes.filter(isOne)));
  return {
    operation,
    "added-data-files": String(added.length),
    "added-records": String(rows(added)),
    "added-files-size": String(bytes(added)),
    ...(goneData.length === 0 ? {} : {
      "deleted-data-files": String(goneData.length),
      "deleted-records": String(rows(goneData)),
    }),
    ...(goneDeletes.length === 0 ? {} : { "removed-delete-files": String(goneDeletes.length) }),
    ...(gone.length === 0 ? {} : { "removed-files-size": String(bytes(gone)) }),
    "total-data-files": String(live),
    "total-records": String(liveRows),
    "total-files-size": String(size),
    "total-delete-files": String(total("total-delete-files") - BigInt(goneDeletes.length)),
    "total-position-deletes": rest("total-position-deletes", byPosition),
    "total-equality-deletes": rest("total-equality-deletes", byValue),
  };
}
