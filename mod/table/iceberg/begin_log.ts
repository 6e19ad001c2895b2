import type { LoadedTable, TableCatalog } from "./catalog.ts";
import { groupSummary } from "./ownership.ts";
import { begunProperty, logProperty, logsOf } from "./position.ts";
import { writeSnapshot } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/** What {@linkcode beginLog} needs. */
export interface BeginLogOptions {
  catalog: TableCatalog;
  files: TableFiles;
  /** The log's id in the table's properties, and its record. */
  log: { id: string; record: string };
  group: string;
  /** Offset at which each partition begins, by number. */
  begun: ReadonlyMap<number, number>;
}

/**
 * Records a log that is new to the table, and where its partitions begin. If another writer has
 * recorded it meanwhile, nothing changes.
 */
export async function beginLog(
  { catalog, files, log, group, begun }: BeginLogOptions,
): Promise<void> {
  let base: LoadedTable | undefined;
  do {
    base = await catalog.load();
    if (base === undefined || logsOf(base.metadata).has(log.id)) return;
  } while (!await catalog.commit(base, await updatesOf(base)));

  async function updatesOf(base: LoadedTable) {
    const summary = { "ticklake.log": log.id, ...groupSummary(group) };
    // On a REST catalog only a new snapshot is compared and set.
    const updates = await writeSnapshot(base, files, { added: [], summary }, Date.now());
    const properties: Record<string, string> = { [logProperty(log.id)]: log.record };
    for (const [partition, offset] of begun) {
      properties[begunProperty(log.id, partition)] = String(offset);
    }
    return [...updates, { action: "set-properties" as const, updates: properties }];
  }
}
