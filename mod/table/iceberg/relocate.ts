import { Failure } from "../../failure/failure.ts";
import type { TableCatalog } from "./catalog.ts";
import { changeTable } from "./change_table.ts";
import { deletionUpdates } from "./deletions.ts";
import { liveEntries } from "./live_entries.ts";
import type { LoadedTable } from "./catalog.ts";
import { writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";
import { requireOurs } from "./whose_table.ts";

/** Options of {@linkcode relocateTable}. */
export interface RelocateOptions {
  catalog: TableCatalog;
  files: TableFiles;
  table: string;
  /** Only say what would be done. */
  dryRun: boolean;
  signal?: AbortSignal;
}

/**
 * Rewrites the metadata of a moved table, so that engines find its files where they are now.
 * Data files stay as they are; former snapshots are forgotten, as their metadata names the former place.
 * @returns where it was made; `undefined` if it was not moved
 * @throws {Failure} kind `failed`, beside delete files: they name data files in their rows
 */
export async function relocateTable(options: RelocateOptions): Promise<string | undefined> {
  const { files, table } = options;
  let former: string | undefined;
  await changeTable(options, async (base) => {
    const { metadata } = base;
    requireOurs(base, options);
    if (!files.isMoved(metadata.location)) return undefined;
    former = metadata.location;
    if (options.dryRun) return undefined;
    const { entries, hasDeleteFiles } = await liveEntries(base, files);
    if (hasDeleteFiles) {
      throw new Failure(
        "failed",
        `table ${table} has delete files, which contain its old location`,
        {
          fix:
            "Move it back, have an engine compact it (OPTIMIZE, rewrite_data_files), then move it.",
        },
      );
    }
    const added = entries.map(({ name, file, specId }) => ({
      specId,
      file: { ...file, file_path: files.uri(name) },
    }));
    const { location } = files;
    const empty: LoadedTable = {
      ...base,
      metadata: { ...metadata, location, snapshots: [], refs: {}, "current-snapshot-id": null },
    };
    const summary = { "ticklake.relocated": former };
    const updates = await writeSnapshot(empty, files, { added, summary }, Date.now());
    const ids = (metadata.snapshots ?? []).map((snapshot) => snapshot["snapshot-id"]);
    return [
      { action: "set-location", location },
      ...updates,
      ...deletionUpdates(metadata),
      ...ids.length === 0 ? [] : [{ action: "remove-snapshots" as const, "snapshot-ids": ids }],
    ];
  });
  return former;
}
