import { Failure } from "../../failure/failure.ts";
import type { LogReplays, WrittenObject } from "../table.ts";
import { changeTable } from "./change_table.ts";
import type { TableCatalog } from "./catalog.ts";
import { parseDataFile } from "./file_origin.ts";
import { liveEntries, mayHold } from "./live_entries.ts";
import type { TableMetadata } from "./metadata.ts";
import { positionsOf, replayProperty } from "./position.ts";
import { type AddedFile, writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/** Options of {@linkcode icebergReplays}. */
export interface IcebergReplaysOptions {
  catalog: TableCatalog;
  files: TableFiles;
  table: string;
  log: { id: string; description: string };
  /** An object as the table's manifests describe it. */
  addedFile(object: WrittenObject, metadata: TableMetadata): AddedFile;
}

/** The replays of a log of an Iceberg table: rows and the replay's id change in one commit. */
export function icebergReplays(options: IcebergReplaysOptions): LogReplays {
  const { catalog, files, log, addedFile } = options;
  const property = replayProperty(log.id);
  return {
    async last() {
      return (await catalog.load())?.metadata.properties?.[property] ?? null;
    },
    async filesNow() {
      const base = await catalog.load();
      if (base === undefined) return () => [];
      const { entries } = await liveEntries(base, files);
      return ({ partition, ...range }) =>
        entries.filter(({ file }) => mayHold(file, base, partition, range)).map(({ name }) => name);
    },
    async take({ id, after, objects }, { signal } = {}) {
      await changeTable({ ...options, signal }, async (base) => {
        const { metadata } = base;
        const last = metadata.properties?.[property] ?? null;
        if (last === id) return undefined;
        if (last !== after) throw overtaken(options);
        const positions = positionsOf(metadata, log.id);
        for (const { name } of objects) {
          const { partition, last } = parseDataFile(name)!;
          if (last >= (positions.get(partition)?.end ?? 0)) throw overtaken(options);
        }
        const added = objects.map((object) => addedFile(object, metadata));
        const summary = { "ticklake.log": log.id, "ticklake.replay": id };
        const updates = await writeSnapshot(base, files, { added, summary }, Date.now());
        return [...updates, { action: "set-properties", updates: { [property]: id } }];
      });
    },
  };
}

function overtaken({ table, log }: IcebergReplaysOptions): Failure {
  return new Failure(
    "failed",
    `another replay or a reset of ${log.description} has changed table ${table} in the meantime`,
    { fix: "Nothing was changed by this one. Run it again." },
  );
}
