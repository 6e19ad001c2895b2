import type { Settings } from "../config/settings.ts";
import type { LakeStore } from "../lake/store.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { SinkListener } from "../sink/sink_event.ts";
import type { Table } from "../table/table.ts";
import { openIceberg } from "./open_iceberg.ts";

/** Milliseconds that a range waits for those of other partitions, to share a snapshot. */
const GATHER_MS = 250;

/** A commit interval below which several processes are in each other's way. */
const SHORT_INTERVAL_MS = 10_000;

/** What `consume` writes to. */
export interface OpenTable {
  table: Table;
  /** Milliseconds after which what was read is flushed. */
  flushIntervalMs: number;
  close(): void;
}

/** Listeners to what happens to the table. */
export interface TableListeners {
  /** Told what people should know. */
  note(text: string): void;
  /** Called for commits to an Iceberg table. */
  onEvent?: SinkListener;
}

/**
 * Opens the table that the settings name.
 * @throws {Failure} kind `usage`, when settings contradict each other
 */
export async function openTable(
  settings: Settings,
  schema: RowSchema,
  store: LakeStore,
  { note, onEvent }: TableListeners,
): Promise<OpenTable> {
  const { format, partitionBy, flushInterval, commitInterval } = settings;
  const description = { schema, format, partitionBy };
  if (settings.tableFormat === "hive") {
    const { openHiveTable } = await import("../table/hive/hive_table.ts");
    const table = openHiveTable(store, description);
    return { table, flushIntervalMs: flushInterval, close() {} };
  }
  const { openIcebergTable } = await import("../table/iceberg/iceberg_table.ts");
  const { catalog, files } = await openIceberg(settings, schema, store);
  let isTold = commitInterval >= SHORT_INTERVAL_MS;
  const table = openIcebergTable({
    catalog,
    files,
    description,
    addsColumns: !settings.dryRun,
    gatherMs: Math.min(GATHER_MS, commitInterval / 4),
    onCommit(isTaken) {
      onEvent?.({ kind: "table commit", isTaken });
      if (isTaken || isTold) return;
      isTold = true;
      note(
        "warning: others commit to the same table; give each a --commit-interval of 10s or more",
      );
    },
  });
  // Each flush is a commit: what waited for a flush does not wait for a commit again.
  const flushIntervalMs = Math.min(flushInterval, commitInterval);
  return { table, flushIntervalMs, close: () => catalog.close() };
}
