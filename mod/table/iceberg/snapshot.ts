import { currentSchema, currentSnapshot, MAIN, type Snapshot, specOf } from "./metadata.ts";
import type { LoadedTable } from "./catalog.ts";
import { deletionUpdates } from "./deletions.ts";
import {
  type DataFile,
  type ManifestEntry,
  type ManifestFile,
  partitionType,
  readManifest,
  STATUS,
  writeManifest,
} from "./manifest.ts";
import type { ManifestContent } from "./manifest_schema.ts";
import { readManifestList, writeManifestList } from "./manifest_list.ts";
import { manifestsToMerge } from "./merge_manifests.ts";
import { snapshotSummary } from "./snapshot_summary.ts";
import type { TableFiles } from "./table_files.ts";
import type { TableUpdate } from "./updates.ts";

/** A file to add. */
export interface AddedFile {
  file: DataFile;
  specId: number;
}

/** What a snapshot changes. */
export interface SnapshotChange {
  /** Files to add, each with the id of its partition spec. */
  added: readonly AddedFile[];
  /** URIs of files to remove, delete files among them. @default {none} */
  removed?: ReadonlySet<string>;
  /** Whether `added` has fewer rows than `removed`. @default {false} */
  isDelete?: boolean;
  /** Added to the summary. */
  summary?: Record<string, string>;
}

/** A random id of 63 bits. */
export function newSnapshotId(): bigint {
  const [number] = crypto.getRandomValues(new BigUint64Array(1));
  return (number >> 1n) || 1n;
}

/** The manifests that readers see. */
export async function currentManifests(
  { metadata }: LoadedTable,
  files: TableFiles,
): Promise<ManifestFile[]> {
  const snapshot = currentSnapshot(metadata);
  if (snapshot === undefined) return [];
  return await files.manifestLists.get(snapshot["manifest-list"], async (list) => {
    return readManifestList(await files.get(list, metadata.location), list);
  });
}

/** The live files of a manifest, with what they inherit. */
export async function entriesOf(
  manifest: ManifestFile,
  { metadata }: LoadedTable,
  files: TableFiles,
): Promise<ManifestEntry[]> {
  const bytes = await files.get(manifest.manifest_path, metadata.location);
  return readManifest(bytes, manifest).filter(({ status }) => status !== STATUS.deleted);
}

/**
 * Writes the manifests of a new snapshot on top of `base`, and returns the updates that make it current.
 * Nothing is visible before these are committed.
 */
export async function writeSnapshot(
  base: LoadedTable,
  files: TableFiles,
  change: SnapshotChange,
  nowMs: number,
): Promise<TableUpdate[]> {
  const { metadata } = base;
  const parent = currentSnapshot(metadata);
  const id = newSnapshotId();
  const sequence = metadata["last-sequence-number"] + 1;
  const writer = new ManifestWriter(base, files, { id, sequence: BigInt(sequence), nowMs });
  const before = (await currentManifests(base, files))
    // A manifest without live files only matters to the snapshot that emptied it.
    .filter((manifest) => manifest.added_files_count + manifest.existing_files_count > 0);
  const kept = change.removed === undefined ? before : await writer.without(before, change.removed);
  const added = writer.added(change.added);
  const manifests = [...added, ...await writer.merged(kept)];
  const snapshot: Snapshot = {
    "snapshot-id": id,
    ...(parent === undefined ? {} : { "parent-snapshot-id": parent["snapshot-id"] }),
    "sequence-number": sequence,
    "timestamp-ms": Math.max(nowMs, metadata["last-updated-ms"]),
    "manifest-list": metadataUri(metadata.location, `snap-${id}`, nowMs),
    summary: {
      ...snapshotSummary({
        operation: operationOf(change),
        added: change.added.map(({ file }) => file),
        gone: writer.removed,
        manifests,
        parent: parent?.summary,
      }),
      ...change.summary,
    },
    "schema-id": metadata["current-schema-id"],
  };
  const list = snapshot["manifest-list"];
  await Promise.all([
    files.put(list, metadata.location, writeManifestList(manifests, snapshot)),
    writer.written(),
  ]);
  // The next commit of this process most often follows this one.
  files.manifestLists.keep(list, manifests);
  return [
    { action: "add-snapshot", snapshot },
    { action: "set-snapshot-ref", "ref-name": MAIN, type: "branch", "snapshot-id": id },
    ...deletionUpdates(metadata),
  ];
}

/** A new file's URI. Its name holds the time, as not all stores tell it. */
function metadataUri(location: string, stem: string, nowMs: number): string {
  return `${location}/metadata/${stem}-${nowMs}-${crypto.randomUUID()}.avro`;
}

/** Milliseconds since 1970 at which a metadata file of ours was written; `undefined` for one of others. */
export function writtenAt(name: string): number | undefined {
  const found = /\/(?:snap-\d+|\d+-m\d+)-(\d{13})-[0-9a-f-]{36}\.avro$/.exec(name);
  return found === null ? undefined : Number(found[1]);
}

/** Writes the manifests of one snapshot. */
class ManifestWriter {
  readonly #base: LoadedTable;
  readonly #files: TableFiles;
  readonly #id: bigint;
  readonly #sequence: bigint;
  readonly #nowMs: number;
  #count = 0;
  readonly #puts: Array<Promise<void>> = [];
  /** Files that were removed. */
  readonly removed: DataFile[] = [];

  constructor(
    base: LoadedTable,
    files: TableFiles,
    { id, sequence, nowMs }: { id: bigint; sequence: bigint; nowMs: number },
  ) {
    this.#base = base;
    this.#files = files;
    this.#id = id;
    this.#sequence = sequence;
    this.#nowMs = nowMs;
  }

  /** Waits until all manifests are in the store. @throws what a put threw */
  async written(): Promise<void> {
    await Promise.all(this.#puts);
  }

  added(files: readonly AddedFile[]): ManifestFile[] {
    const bySpec = Map.groupBy(files, ({ specId }) => specId);
    return [...bySpec].map(([specId, files]) => {
      const entries = files.map(({ file }) => ({
        status: STATUS.added,
        snapshot_id: this.#id,
        sequence_number: null,
        file_sequence_number: null,
        data_file: file,
      }));
      return this.#write(entries, specId);
    });
  }

  /** The manifests, those with files to be removed written again without them. */
  async without(
    manifests: readonly ManifestFile[],
    gone: ReadonlySet<string>,
  ): Promise<ManifestFile[]> {
    return await Promise.all(manifests.map(async (manifest) => {
      // One whose partitions this program cannot write stays: its delete files delete nothing any more.
      if (manifest.content !== 0 && this.#type(manifest.partition_spec_id) === undefined) {
        return manifest;
      }
      const entries = await entriesOf(manifest, this.#base, this.#files);
      if (!entries.some(({ data_file }) => gone.has(data_file.file_path))) return manifest;
      return this.#write(
        entries.map((entry) => {
          if (!gone.has(entry.data_file.file_path)) return { ...entry, status: STATUS.existing };
          this.removed.push(entry.data_file);
          return { ...entry, status: STATUS.deleted, snapshot_id: this.#id };
        }),
        manifest.partition_spec_id,
        manifest.content === 0 ? "data" : "deletes",
      );
    }));
  }

  /** The manifests, with those of full tiers merged. */
  async merged(manifests: readonly ManifestFile[]): Promise<ManifestFile[]> {
    const groups = manifestsToMerge(
      manifests,
      // Manifests that list files removed in this snapshot must not be merged.
      (manifest) =>
        manifest.added_snapshot_id !== this.#id &&
        this.#type(manifest.partition_spec_id) !== undefined,
    );
    const gone = new Set(groups.flat());
    const merged = await Promise.all(groups.map(async (group) => {
      const entries = await Promise.all(
        group.map((manifest) => entriesOf(manifest, this.#base, this.#files)),
      );
      return this.#write(
        entries.flat().map((entry) => ({ ...entry, status: STATUS.existing })),
        group[0].partition_spec_id,
      );
    }));
    return [...merged, ...manifests.filter((manifest) => !gone.has(manifest))];
  }

  #type(specId: number) {
    const { metadata } = this.#base;
    const schemas = [currentSchema(metadata), ...metadata.schemas];
    return partitionType(specOf(metadata, specId), schemas);
  }

  /** Starts to put a manifest, which is not read before the commit. */
  #write(
    entries: ManifestEntry[],
    specId: number,
    content: ManifestContent = "data",
  ): ManifestFile {
    const { metadata } = this.#base;
    const { bytes, file } = writeManifest(entries, this.#type(specId)!, currentSchema(metadata), {
      snapshotId: this.#id,
      sequence: this.#sequence,
      content,
    });
    const path = metadataUri(metadata.location, `${this.#id}-m${this.#count++}`, this.#nowMs);
    const put = this.#files.put(path, metadata.location, bytes);
    // Thrown by `written`; one that fails before must not end the process.
    put.catch(() => {});
    this.#puts.push(put);
    return { manifest_path: path, ...file };
  }
}

/** Source: https://iceberg.apache.org/spec/#snapshots, operation */
function operationOf({ added, removed, isDelete = false }: SnapshotChange): string {
  if (removed === undefined) return "append";
  if (!isDelete) return "replace";
  return added.length === 0 ? "delete" : "overwrite";
}
