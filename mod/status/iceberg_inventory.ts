import type { LogIdentity } from "../broker/broker.ts";
import { logKey } from "../table/log_key.ts";
import type { TablePosition } from "../table/table.ts";
import { currentSnapshot } from "../table/iceberg/metadata.ts";
import type { LoadedTable, TableCatalog } from "../table/iceberg/catalog.ts";
import { formatJson } from "../table/iceberg/metadata_json.ts";
import type { ManifestFile } from "../table/iceberg/manifest.ts";
import { logId, logsOf, positionsOf } from "../table/iceberg/position.ts";
import { currentManifests } from "../table/iceberg/snapshot.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { otherProgramReason } from "../table/iceberg/whose_table.ts";

/** What an Iceberg table holds, by its metadata. */
export interface IcebergInventory {
  /** URI of the current metadata file. */
  metadataFile: string;
  /** Bytes of that file; of its JSON as this program writes it, where the file is not in the lake. */
  metadataBytes: number;
  snapshots: number;
  manifests: number;
  /** Files with rows. */
  files: number;
  /** Bytes of those. */
  bytes: number;
  rows: number;
  /** Delete files, by which other programs have deleted some of the rows. */
  deleteFiles: number;
  /** Positions of each log, by partition. */
  logs: Array<
    { topic: string; log: string; positions: Record<number, { from: number; end: number }> }
  >;
  /**
   * Partitions of a log whose position is beyond what the newest snapshot's summary of this program can
   * have: someone has rolled the table back.
   */
  rolledBack: boolean;
  /** Why another program must have made the table; absent for this program's. */
  otherProgram?: string;
}

/** Counts what a table holds. @returns `undefined` if there is none */
export async function takeIcebergInventory(
  catalog: TableCatalog,
  files: TableFiles,
): Promise<IcebergInventory | undefined> {
  const base = await catalog.load();
  return base && await inventoryOf(base, files);
}

/** Counts what a table that was loaded holds. */
export async function inventoryOf(
  base: LoadedTable,
  files: TableFiles,
): Promise<IcebergInventory> {
  const { metadata, metadataFile } = base;
  const manifests = await currentManifests(base, files);
  const data = manifests.filter(({ content }) => content === 0);
  const deletes = manifests.filter(({ content }) => content !== 0);
  const filesOf = (some: readonly ManifestFile[]) =>
    some.reduce((sum, m) => sum + m.added_files_count + m.existing_files_count, 0);
  const snapshot = currentSnapshot(metadata);
  const otherProgram = otherProgramReason(metadata);
  return {
    metadataFile,
    metadataBytes: await metadataBytes(base, files),
    snapshots: metadata.snapshots?.length ?? 0,
    manifests: manifests.length,
    files: filesOf(data),
    bytes: Number(snapshot?.summary["total-files-size"] ?? 0),
    rows: data.reduce((sum, m) => sum + Number(m.added_rows_count + m.existing_rows_count), 0),
    deleteFiles: filesOf(deletes),
    logs: [...logsOf(metadata)].map(([log, { topic }]) => ({
      topic,
      log,
      positions: Object.fromEntries(positionsOf(metadata, log)),
    })),
    rolledBack: isRolledBack(metadata.snapshots ?? [], snapshot?.["snapshot-id"]),
    ...otherProgram === undefined ? {} : { otherProgram },
  };
}

/**
 * How far a table is with the log that a topic is now, by partition.
 * @param inventory absent if there is no table
 */
export async function icebergPositions(
  inventory: IcebergInventory | undefined,
  topic: string,
  identity: LogIdentity | null,
): Promise<ReadonlyMap<number, TablePosition>> {
  const id = logId(identity === null ? "" : await logKey({ topic, ...identity }), topic);
  const positions = inventory?.logs.find(({ log }) => log === id)?.positions ?? {};
  return new Map(Object.entries(positions).map(([partition, at]) => [Number(partition), at]));
}

/** A REST catalog may keep its metadata files elsewhere than the table. */
async function metadataBytes(
  { metadata, metadataFile }: LoadedTable,
  files: TableFiles,
): Promise<number> {
  return files.has(metadataFile, metadata.location)
    ? (await files.get(metadataFile, metadata.location)).length
    : new TextEncoder().encode(formatJson(metadata)).length;
}

/** Whether a snapshot of this program is newer than the current one and no ancestor of it. */
function isRolledBack(
  snapshots: ReadonlyArray<{
    "snapshot-id": bigint;
    "parent-snapshot-id"?: bigint;
    "sequence-number": number;
    summary: Record<string, string>;
  }>,
  current: bigint | undefined,
): boolean {
  const byId = new Map(snapshots.map((snapshot) => [snapshot["snapshot-id"], snapshot]));
  const ancestors = new Set<bigint>();
  for (let id = current; id !== undefined && !ancestors.has(id);) {
    ancestors.add(id);
    id = byId.get(id)?.["parent-snapshot-id"];
  }
  const known = [...ancestors].flatMap((id) => byId.get(id) ?? []);
  const oldest = Math.min(...known.map((snapshot) => snapshot["sequence-number"]));
  // What a repair has read again since is not missing any more.
  const repaired = Math.max(
    oldest,
    ...known.filter(({ summary }) => "ticklake.rewind" in summary)
      .map((snapshot) => snapshot["sequence-number"]),
  );
  return snapshots.some((snapshot) =>
    "ticklake.ends" in snapshot.summary && snapshot["sequence-number"] > repaired &&
    !ancestors.has(snapshot["snapshot-id"])
  );
}
