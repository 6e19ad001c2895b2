import { Failure, messageOf } from "../failure/failure.ts";
import { fileStatistics } from "../lake/format/column_statistics.ts";
import { footerBytes } from "../lake/format/parquet/footer.ts";
import { Partitioning } from "../lake/partitioning.ts";
import type { TableObject } from "../lake/table_objects.ts";
import { recordMigration } from "../table/hive/migrated.ts";
import { changeTable } from "../table/iceberg/change_table.ts";
import { dataFile } from "../table/iceberg/data_file.ts";
import { plainLogProperty } from "../table/iceberg/file_origin.ts";
import { currentSchema, type TableMetadata } from "../table/iceberg/metadata.ts";
import { isMigrated, MIGRATED } from "../table/iceberg/migrated.ts";
import { specOfPaths } from "../table/iceberg/partition_spec.ts";
import {
  begunProperty,
  formatPosition,
  logId,
  logProperty,
  positionProperty,
  positionsOf,
} from "../table/iceberg/position.ts";
import { type AddedFile, writeSnapshot } from "../table/iceberg/snapshot.ts";
import { requireOurs } from "../table/iceberg/whose_table.ts";
import { inParallel } from "../verify/in_parallel.ts";
import type { MigratedLog, MigrateOptions } from "./migrate_options.ts";
import { logsToMigrate } from "./migrated_logs.ts";
import { objectsToMigrate } from "./migrated_objects.ts";

/** What a migration came to. */
export interface Migration {
  state: "created" | "unchanged";
  /** Data files that were added. */
  files: number;
  rows: number;
  bytes: number;
}

/** By it, engines find the columns of files without field ids. Source: https://iceberg.apache.org/spec/#name-mapping-serialization */
const NAME_MAPPING = "schema.name-mapping.default";

/** Footers that are read at the same time. */
const READ_AT_ONCE = 8;

/** Bytes of a file's end that are read at first: most footers are shorter. */
const TAIL_BYTES = 64 * 1024;

/**
 * Takes the objects of a Hive table into an Iceberg table, without rewriting them: files, positions and the
 * mark that it was done are one commit. Before it the Hive table is closed to writers, on record; a
 * migration that is interrupted is completed by the next. Dead letters and gaps stay where they are.
 * @throws {Failure} kind `usage`, when the Hive table is being written, cannot be migrated or has other
 * rows than its record says; kind `service`
 */
export async function migrateToIceberg(options: MigrateOptions): Promise<Migration> {
  const { store, catalog, schema: { table }, dryRun, signal } = options;
  const before = await catalog.load();
  if (before !== undefined) requireOurs(before, { catalog, table });
  if (isMigrated(before)) {
    return { state: "unchanged", files: 0, rows: 0, bytes: 0 };
  }
  requireColumnsInFiles(options);
  let logs = await logsToMigrate(options);
  if (before !== undefined) requireNew(before.metadata, logs, table);
  // All that can be refused is refused before the Hive table is closed to writers.
  await requireNobody(logs, options);
  let rows = rowsOf(await objectsToMigrate(logs, { ...options, dryRun: true }));
  const facts = new Map<string, Facts>();
  await readFacts(facts, rows, options);
  if (!dryRun) {
    await recordMigration(store, table, { signal });
    // What a consume has written meanwhile.
    await requireNobody(logs, options);
    logs = await logsToMigrate(options);
    rows = rowsOf(await objectsToMigrate(logs, options));
    await readFacts(facts, rows, options);
  }
  const summary = {
    files: rows.length,
    rows: rows.reduce((sum, { name }) => sum + facts.get(name)!.rows, 0),
    bytes: rows.reduce((sum, { size }) => sum + size, 0),
  };
  if (dryRun) return { state: "created", ...summary };
  await options.create();
  await changeTable({ catalog, table, signal }, async (base) => {
    const { metadata } = base;
    if (isMigrated(base)) return undefined;
    requireNew(metadata, logs, table);
    const added = rows.map((object) =>
      addedFile(object, facts.get(object.name)!, options, metadata)
    );
    const note = { "ticklake.migrated": String(rows.length) };
    const updates = await writeSnapshot(base, options.files, { added, summary: note }, Date.now());
    const properties = propertiesOf(logs, metadata);
    return [...updates, { action: "set-properties", updates: properties }];
  });
  return { state: "created", ...summary };
}

/** Readers disagree on a required column that a file lacks, though its partition tells the value. */
function requireColumnsInFiles({ schema, partitionBy }: MigrateOptions): void {
  const inPath = new Partitioning(partitionBy, schema).columnsInPath;
  const [column] = schema.columns.filter((_, c) => inPath.has(c));
  if (column === undefined) return;
  throw new Failure(
    "usage",
    `column ${column.name} of table ${schema.table} is only in the objects' paths, not in the files`,
    {
      fix:
        "Not all engines read that as Iceberg. Give the schema another table name, and read the " +
        "topic into that.",
    },
  );
}

function requireNew(metadata: TableMetadata, logs: readonly MigratedLog[], table: string): void {
  const known = logs.find(({ id }) => positionsOf(metadata, id).size > 0);
  if (known === undefined) return;
  throw new Failure(
    "usage",
    `the Iceberg table ${table} already has rows of ${known.topic} that were not migrated`,
    {
      fix:
        "They would be duplicated. Give the schema another table name for them, or continue without the Hive " +
        "table. Or drop the Iceberg table (`setup-catalog --table-format iceberg --delete`) and migrate: " +
        "consume then reads what follows the Hive table again, as far as the topic still has it.",
    },
  );
}

async function requireNobody(
  logs: readonly MigratedLog[],
  { members, schema: { table } }: MigrateOptions,
): Promise<void> {
  for (const group of new Set(logs.flatMap(({ groups }) => groups))) {
    if (await members(group) === 0) continue;
    throw new Failure("usage", `group ${group} has members: they may be writing table ${table}`, {
      fix: "Stop every consume of the group, then repeat. New ones are refused from now on.",
    });
  }
}

type Facts = ReturnType<typeof fileStatistics>;

/** Reads rows and statistics of the files that are not known yet, by their footers. */
async function readFacts(
  facts: Map<string, Facts>,
  all: readonly TableObject[],
  { store, signal, onProgress }: MigrateOptions,
): Promise<void> {
  const objects = all.filter(({ name }) => !facts.has(name));
  await inParallel(
    objects.map(({ name, size, parsed }) => async () => {
      if (parsed.extension !== "parquet") {
        throw new Failure("usage", `object ${name} is not a Parquet file`, {
          fix: "Give the schema another table name, and read the topic into that.",
        });
      }
      const tail = await store.get(name, {
        range: { start: Math.max(0, size - TAIL_BYTES), end: size },
        signal,
      });
      try {
        const isWhole = footerBytes(tail) <= tail.length;
        const bytes = isWhole ? tail : await store.get(name, { signal });
        facts.set(name, fileStatistics(new Uint8Array(bytes)));
      } catch (cause) {
        if (cause instanceof Failure || signal?.aborted) throw cause;
        throw new Failure("rejected", `object ${name} cannot be read: ${messageOf(cause)}`, {
          cause,
          fix:
            "`ticklake verify --deep` says what is missing with it, `ticklake repair` writes it " +
            "again; then migrate.",
        });
      }
      onProgress?.(facts.size, objects.length);
    }),
    READ_AT_ONCE,
  );
}

function rowsOf(objects: readonly TableObject[]): TableObject[] {
  return objects.filter(({ parsed }) => parsed.kind === "rows");
}

function addedFile(
  { name, size, parsed: { partitions } }: TableObject,
  { rows, columns }: Facts,
  { files }: MigrateOptions,
  metadata: TableMetadata,
): AddedFile {
  const spec = specOfPaths(metadata, partitions.map(([column]) => column));
  if (spec === undefined) {
    throw new Failure("usage", `object ${name} is not partitioned like the Iceberg table`);
  }
  const path = files.uri(name, metadata.location);
  const facts = { path, rows, bytes: size, columns, partitions };
  return { file: dataFile(facts, currentSchema(metadata), spec), specId: spec["spec-id"] };
}

function propertiesOf(
  logs: readonly MigratedLog[],
  metadata: TableMetadata,
): Record<string, string> {
  const mapping = currentSchema(metadata).fields.map(({ id, name }) => ({
    "field-id": id,
    names: [name],
  }));
  const properties: Record<string, string> = {
    [MIGRATED]: new Date().toISOString(),
    [NAME_MAPPING]: JSON.stringify(mapping),
  };
  for (const { id, key, topic, identity, positions, begun } of logs) {
    const { cluster = "", topicId = null } = identity ?? {};
    properties[logProperty(id)] = JSON.stringify({ topic, cluster, topicId });
    const plain = logId("", topic);
    if (key === "" && plain !== id) properties[plainLogProperty(plain)] = id;
    for (const [partition, position] of positions) {
      properties[positionProperty(id, partition)] = formatPosition(position);
    }
    for (const [partition, offset] of begun) {
      properties[begunProperty(id, partition)] = String(offset);
    }
  }
  return properties;
}
