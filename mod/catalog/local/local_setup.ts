import type { LakeStore } from "../../lake/store.ts";
import { tableObjects } from "../../lake/table_objects.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { syncLake } from "./lake_sync.ts";
import { tableColumns } from "../lake_table.ts";
import { LocalCatalog } from "./local_catalog.ts";
import {
  catalogColumns,
  columnChanges,
  describeChanges,
  requireCompatible,
} from "../../schema/schema_change.ts";
import { sqlName } from "../../schema/reserved_words.ts";
import type { Part, SetupReport } from "../setup_report.ts";

/** Options of {@linkcode setUpLocalCatalog}. */
export interface LocalSetupOptions {
  /** The SQLite file. */
  path: string;
  lake: LakeStore;
  schema: RowSchema;
  /** Hive partition columns of a lake without objects. */
  partitionColumns: readonly string[];
  /** Only say what would be done. */
  dryRun: boolean;
  /** Load the lake's objects now, as the next query would. */
  run: boolean;
  signal: AbortSignal;
  onProgress(text: string): void;
}

/**
 * Creates the local catalog, or brings it to the schema.
 * @throws {Failure} kind `failed`, when the objects that are there do not fit the schema
 */
export async function setUpLocalCatalog(options: LocalSetupOptions): Promise<SetupReport> {
  const { path, schema, dryRun } = options;
  const before = await LocalCatalog.inspect(path, schema.table);
  const columns = catalogColumns(tableColumns(schema));
  const { names, partitions } = await listPartitions(options);
  const changes = before.table && columnChanges(catalogColumns(before.table.columns), columns);
  requireCompatible(schema.table, changes?.refused ?? []);
  const texts = changes === undefined ? [] : describeChanges(changes);
  if (before.table !== undefined) {
    const known = before.table.partitionColumns;
    texts.push(
      ...names.filter((n) => !known.includes(n)).map((n) => `partition ${sqlName(n)}: added`),
    );
  }
  const table: Part = {
    part: "table",
    name: schema.table,
    state: before.table === undefined ? "created" : texts.length > 0 ? "updated" : "unchanged",
    ...texts.length > 0 && { changes: texts },
  };
  return {
    dryRun,
    parts: [
      { part: "database", name: path, state: before.exists ? "unchanged" : "created" },
      table,
    ],
    ...dryRun ? {} : await apply(options, names),
    tables: [{
      name: schema.table,
      columns: columns.filter(({ name }) => !names.includes(name)),
      partitionedBy: names.map((name) =>
        columns.find((column) => column.name === name) ?? { name, type: "string" }
      ),
      partitions,
    }],
  };
}

/** Removes the local catalog's file; the lake is not changed. */
export async function deleteLocalCatalog(
  { path, dryRun }: { path: string; dryRun: boolean },
): Promise<SetupReport> {
  const exists = dryRun ? await LocalCatalog.exists(path) : await LocalCatalog.remove(path);
  return {
    dryRun,
    parts: [{ part: "database", name: path, state: exists ? "deleted" : "absent" }],
    tables: [],
  };
}

async function apply(
  options: LocalSetupOptions,
  partitionNames: string[],
): Promise<Pick<SetupReport, "load">> {
  const { path, lake, schema, run } = options;
  const catalog = await LocalCatalog.open(path, schema);
  try {
    catalog.addPartitionColumns(partitionNames);
    if (!run) return {};
    const begin = performance.now();
    const { loaded, removed } = await syncLake(catalog, lake, schema, options);
    const seconds = Number(((performance.now() - begin) / 1000).toFixed(1));
    return { load: { objects: loaded, removed, seconds } };
  } finally {
    catalog.close();
  }
}

/** The partition columns that the lake's objects have, and how many partitions there are. */
async function listPartitions(
  { lake, schema, signal, partitionColumns }: LocalSetupOptions,
): Promise<{ names: string[]; partitions: number }> {
  const names = new Set<string>();
  const folders = new Set<string>();
  const { table } = schema;
  for await (const { name, parsed } of tableObjects(lake, { table, kinds: ["rows"], signal })) {
    for (const [column] of parsed.partitions) names.add(column);
    folders.add(name.slice(0, name.lastIndexOf("/")));
  }
  if (folders.size === 0) return { names: [...partitionColumns], partitions: 0 };
  return { names: [...names], partitions: folders.size };
}
