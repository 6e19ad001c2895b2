import { lateObjects } from "../table/hive/late_objects.ts";
import { Failure } from "../failure/failure.ts";
import { fileStatistics } from "../lake/format/column_statistics.ts";
import { currentObjects } from "../lake/merged_objects.ts";
import { Partitioning } from "../lake/partitioning.ts";
import type { LakeStore } from "../lake/store.ts";
import { type TableObject, tableObjects } from "../lake/table_objects.ts";
import type { RowSchema } from "../schema/schema.ts";
import { numberText } from "../terminal/amount_text.ts";
import { recordMigration } from "../table/hive/migrated.ts";
import { listState, ofKind, type RecordedLog, recordedLogs } from "../table/hive/table_state.ts";
import { recordOf, requireSame, type TableRecord } from "../table/hive/table_record.ts";
import type { TableCatalog } from "../table/iceberg/catalog.ts";
import { changeTable } from "../table/iceberg/change_table.ts";
import { dataFile } from "../table/iceberg/data_file.ts";
import { plainLogProperty } from "../table/iceberg/file_origin.ts";
import { currentSchema, type TableMetadata } from "../table/iceberg/metadata.ts";
import { specOfPaths } from "../table/iceberg/partition_spec.ts";
import {
  formatPosition,
  logId,
  logProperty,
  positionProperty,
  positionsOf,
} from "../table/iceberg/position.ts";
import { type AddedFile, writeSnapshot } from "../table/iceberg/snapshot.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { logKey } from "../table/log_key.ts";
import { inParallel } from "../verify/in_parallel.ts";
import { checkTiling } from "../verify/tiling.ts";

/** Options of {@linkcode migrateToIceberg}. */
export interface MigrateOptions {
  store: LakeStore;
  catalog: TableCatalog;
  files: TableFiles;
  schema: RowSchema;
  partitionBy: string;
  /** Makes the Iceberg table where it is not there. */
  create(): Promise<void>;
  /** Members that a group has now. */
  members(group: string): Promise<number>;
  /** Only say what would be done. */
  dryRun: boolean;
  signal: AbortSignal;
  onProgress?(done: number, all: number): void;
}

/** What a migration came to. */
export interface Migration {
  state: "created" | "unchanged";
  /** Data files that were taken in. */
  files: number;
  rows: number;
  bytes: number;
}

/** A log of the Hive table, as it will be in the Iceberg table. */
interface MigratedLog extends RecordedLog {
  /** Its id in the table's properties. */
  id: string;
}

/** Says that the table was migrated: it is done once. */
const PROPERTY = "ticklake.migrated";

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
 * @throws {Failure} kind `usage`, when the Hive table is being written, cannot be taken in or has other
 * rows than its record says; kind `service`
 */
export async function migrateToIceberg(options: MigrateOptions): Promise<Migration> {
  const { store, catalog, schema: { table }, dryRun, signal } = options;
  const before = await catalog.load();
  if (before?.metadata.properties?.[PROPERTY] !== undefined) {
    return { state: "unchanged", files: 0, rows: 0, bytes: 0 };
  }
  requireColumnsInFiles(options);
  const logs = await logsToMigrate(options);
  if (before !== undefined) requireNew(before.metadata, logs, table);
  if (!dryRun) await recordMigration(store, table, { signal });
  await requireNobody(logs, options);
  const objects = await objectsToMigrate(logs, options);
  const rows = objects.filter(({ parsed }) => parsed.kind === "rows");
  const facts = await factsOf(rows, options);
  const summary = {
    files: rows.length,
    rows: [...facts.values()].reduce((sum, { rows }) => sum + rows, 0),
    bytes: rows.reduce((sum, { size }) => sum + size, 0),
  };
  if (dryRun) return { state: "created", ...summary };
  await options.create();
  await changeTable({ catalog, table, signal }, async (base) => {
    const { metadata } = base;
    if (metadata.properties?.[PROPERTY] !== undefined) return undefined;
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

/** The logs of the Hive table, each with a position and an identity. */
async function logsToMigrate(
  { store, schema, partitionBy, signal }: MigrateOptions,
): Promise<MigratedLog[]> {
  const { table } = schema;
  const state = await listState(store, table, { signal });
  const [record] = ofKind(state, "table");
  if (record === undefined || ofKind(state, "found").length > ofKind(state, "adopted").length) {
    throw new Failure("usage", `table ${table} in ${store.description} has no record of its logs`, {
      fix:
        "Is it a table of release 0.1.0, or of another --bucket, --prefix or --home? Run `ticklake " +
        "consume --until-end --table-format hive` once: it upgrades such a table.",
    });
  }
  for (const { name } of ofKind(state, "table")) {
    const found = JSON.parse(new TextDecoder().decode(await store.get(name, { signal })));
    if ((found as TableRecord).format !== "parquet") {
      throw new Failure(
        "usage",
        `table ${table} has JSON lines; Iceberg tables need Parquet`,
        {
          fix: "Give the schema another table name, and read the topic into that.",
        },
      );
    }
    requireSame(table, found, recordOf({ schema, format: "parquet", partitionBy }));
  }
  if (ofKind(state, "rewind").length > 0 || await hasAny(store, `_ticklake/${table}/replays/`)) {
    throw new Failure("usage", `a reset or a replay of table ${table} was interrupted`, {
      fix: "Repeat it, or run `ticklake consume --until-end --table-format hive`, then migrate.",
    });
  }
  return await Promise.all(
    (await recordedLogs(store, table, { signal })).map(async (log) => {
      if (log.identity === null && log.key === "") {
        throw new Failure(
          "usage",
          `table ${table} does not record which log of ${log.topic} it has`,
          {
            fix: "Run `ticklake consume --until-end --table-format hive` once, then migrate.",
          },
        );
      }
      const key = log.identity === null ? log.key : await logKey(log.identity);
      return { ...log, id: logId(key, log.topic) };
    }),
  );
}

async function hasAny(store: LakeStore, prefix: string): Promise<boolean> {
  for await (const _ of store.list(prefix)) return true;
  return false;
}

function requireNew(metadata: TableMetadata, logs: readonly MigratedLog[], table: string): void {
  const known = logs.find(({ id }) => positionsOf(metadata, id).size > 0);
  if (known === undefined) return;
  throw new Failure(
    "usage",
    `the Iceberg table ${table} already has rows of ${known.topic} that were not migrated`,
    {
      fix:
        "They would be duplicated. Drop the Iceberg table (`setup-catalog --table-format iceberg " +
        "--delete`) and migrate, or continue without the Hive table.",
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

/** Without what former owners have put late. */
function withoutLate(taken: readonly TableObject[]): TableObject[] {
  return [...Map.groupBy(taken, ({ parsed }) => parsed.partition).values()].flatMap((own) => {
    const late = new Set(lateObjects(own, { generation: Infinity, end: Infinity }));
    return own.filter((object) => !late.has(object));
  });
}

/** Whether an object is of a log and before its position. */
function isTaken({ parsed }: TableObject, { topic, key, positions }: MigratedLog): boolean {
  return parsed.topic === topic && (parsed.log ?? "") === key &&
    parsed.last < (positions.get(parsed.partition)?.end ?? 0);
}

/**
 * All objects of the table's rows, dead letters and gaps. What was put and never taken is removed: dead
 * letters would be seen where they are.
 */
async function objectsToMigrate(
  logs: readonly MigratedLog[],
  { store, schema: { table }, dryRun, signal }: MigrateOptions,
): Promise<TableObject[]> {
  const all = await Array.fromAsync(tableObjects(store, { table, signal }));
  const objects: TableObject[] = [];
  for (const log of logs) {
    const current = withoutLate(currentObjects(all.filter((object) => isTaken(object, log))));
    for (const [partition, position] of log.positions) {
      const some = current.filter(({ parsed }) => parsed.partition === partition);
      const { missing, duplicate } = checkTiling(some, { ...position, tolerated: position.end });
      const [wrong] = [...missing, ...duplicate];
      if (wrong === undefined) continue;
      throw new Failure(
        "usage",
        `table ${table} has offsets ${numberText(wrong.first)} to ${numberText(wrong.last)} of ` +
          `partition ${partition} of ${log.topic} ${missing.length > 0 ? "not at all" : "twice"}`,
        {
          fix: "`ticklake verify --deep` shows details; `ticklake repair` fixes it. Then migrate.",
        },
      );
    }
    objects.push(...current);
  }
  if (!dryRun) {
    const isOwn = (object: TableObject, { topic, key }: MigratedLog) =>
      object.parsed.topic === topic && (object.parsed.log ?? "") === key;
    const taken = new Set(objects);
    for (const object of all) {
      if (object.parsed.kind === "rows" || !logs.some((log) => isOwn(object, log))) continue;
      if (!taken.has(object)) await store.remove(object.name, { signal });
    }
  }
  return objects;
}

type Facts = ReturnType<typeof fileStatistics>;

/** Rows and statistics of each file, by its footer. */
async function factsOf(
  objects: readonly TableObject[],
  { store, signal, onProgress }: MigrateOptions,
): Promise<ReadonlyMap<string, Facts>> {
  const facts = new Map<string, Facts>();
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
      const length = new DataView(tail.buffer, tail.byteOffset).getUint32(tail.length - 8, true);
      const isWhole = length + 8 <= tail.length;
      const bytes = isWhole ? tail : await store.get(name, { signal });
      facts.set(name, fileStatistics(new Uint8Array(bytes)));
      onProgress?.(facts.size, objects.length);
    }),
    READ_AT_ONCE,
  );
  return facts;
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
    [PROPERTY]: new Date().toISOString(),
    [NAME_MAPPING]: JSON.stringify(mapping),
  };
  for (const { id, key, topic, identity, positions } of logs) {
    const { cluster = "", topicId = null } = identity ?? {};
    properties[logProperty(id)] = JSON.stringify({ topic, cluster, topicId });
    const plain = logId("", topic);
    if (key === "" && plain !== id) properties[plainLogProperty(plain)] = id;
    for (const [partition, position] of positions) {
      properties[positionProperty(id, partition)] = formatPosition(position);
    }
  }
  return properties;
}
