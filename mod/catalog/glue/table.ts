import { lakeRoot } from "../../aws/lake_root.ts";
import {
  CreateTableCommand,
  DeleteTableCommand,
  GetPartitionsCommand,
  GetTableCommand,
  GetTablesCommand,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from "@aws-sdk/client-glue";
import { isNamed } from "../../aws/api.ts";
import { Failure } from "../../failure/failure.ts";
import { sqlName } from "../../schema/reserved_words.ts";
import {
  type CatalogColumn,
  columnChanges,
  describeChanges,
  requireCompatible,
} from "../../schema/schema_change.ts";
import type { Part, TableFound } from "../setup_report.ts";
import { daysToProject } from "./projected_days.ts";
import { projectedDays, projectionParameters } from "./projection.ts";
import {
  type GlueApi,
  type GlueTarget,
  MARK,
  objectColumns,
  pathColumns,
  tableLocation,
} from "./glue_target.ts";

/** Glue's names for how the objects of each format are read. */
const FORMATS = {
  parquet: {
    InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    OutputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    SerdeInfo: {
      SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
      Parameters: { "serialization.format": "1" },
    },
    classification: "parquet",
  },
  jsonl: {
    InputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    OutputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    SerdeInfo: {
      SerializationLibrary: "org.openx.data.jsonserde.JsonSerDe",
      Parameters: { "ignore.malformed.json": "false" },
    },
    classification: "json",
  },
} as const;

/** A table, `undefined` if there is none. */
export async function findTable(
  glue: GlueApi,
  database: string,
  name: string,
): Promise<Table | undefined> {
  try {
    return (await glue.send(new GetTableCommand({ DatabaseName: database, Name: name }))).Table;
  } catch (error) {
    if (isNamed(error, "EntityNotFoundException")) return undefined;
    throw error;
  }
}

/** Options of {@linkcode ensureTable}. */
export interface EnsureTableOptions {
  apply: boolean;
  /** Days of which the lake has objects, `YYYY-MM-DD`: what a projection has to cover. */
  days: readonly string[];
  /** Whether to create it where it is absent; otherwise that is left to the crawler. */
  create: boolean;
}

/**
 * Creates the table, or brings the one that is there to the schema: adds columns, switches the
 * projection on.
 * @returns `undefined` if the crawler is to create it
 * @throws {Failure} kind `failed`, when another lake's table has the name, or the change is one that
 * the objects cannot follow
 */
export async function ensureTable(
  glue: GlueApi,
  target: GlueTarget,
  options: EnsureTableOptions,
): Promise<Part | undefined> {
  const { apply, days, create } = options;
  const { database, schema: { table: name } } = target;
  const found = await findTable(glue, database, name);
  if (found === undefined) {
    if (!create) return undefined;
    const TableInput = newTable(target, days);
    try {
      if (apply) await glue.send(new CreateTableCommand({ DatabaseName: database, TableInput }));
    } catch (error) {
      // The crawler, or another set-up, was faster.
      if (isNamed(error, "AlreadyExistsException")) return ensureTable(glue, target, options);
      throw error;
    }
    const list = (columns: CatalogColumn[]) =>
      columns.map(({ name, type }) => `${sqlName(name)} ${type}`).join(", ");
    const changes = [
      `location: ${tableLocation(target)}`,
      `columns: ${list(objectColumns(target))}`,
      `partitioned by: ${list(pathColumns(target)) || "nothing"}`,
      ...Object.entries(TableInput.Parameters!).map(([key, value]) => `${key}: ${value}`),
    ];
    return { part: "table", name, state: "created", changes };
  }
  requireSamePlace(found, target);
  const { input, changes } = changedTable(found, target, days);
  if (changes.length === 0) return { part: "table", name, state: "unchanged" };
  if (apply) {
    await glue.send(new UpdateTableCommand({ DatabaseName: database, TableInput: input }));
  }
  return { part: "table", name, state: "updated", changes };
}

function newTable(target: GlueTarget, days: readonly string[]): TableInput {
  const { classification, ...format } = FORMATS[target.format];
  return {
    Name: target.schema.table,
    Description: MARK,
    TableType: "EXTERNAL_TABLE",
    Parameters: {
      EXTERNAL: "TRUE",
      classification,
      ...target.projection && projectionParameters(target, daysToProject(days, Date.now())),
    },
    PartitionKeys: pathColumns(target).map(({ name, type }) => ({ Name: name, Type: type })),
    StorageDescriptor: {
      ...format,
      Location: tableLocation(target),
      Columns: objectColumns(target).map(({ name, type }) => ({ Name: name, Type: type })),
    },
  };
}

function requireSamePlace(found: Table, target: GlueTarget): void {
  const location = (found.StorageDescriptor?.Location ?? "").replace(/\/*$/, "/");
  if (location !== tableLocation(target)) {
    throw new Failure(
      "failed",
      `table ${target.database}.${found.Name} is at ${location}, not at ${tableLocation(target)}`,
      {
        fix:
          "It belongs to another lake: choose another --database, or another table in the schema.",
      },
    );
  }
  const keys = (found.PartitionKeys ?? []).map(({ Name }) => Name);
  if (keys.join() !== target.partitionColumns.join()) {
    const shown = (names: readonly (string | undefined)[]) => names.join(", ") || "nothing";
    throw new Failure(
      "failed",
      `table ${target.database}.${found.Name} is partitioned by ${shown(keys)}, not by ${
        shown(target.partitionColumns)
      }`,
      {
        fix:
          "Give the --partition-by that the lake is written with; or --delete the catalog and set it up again.",
      },
    );
  }
  const { SerializationLibrary } = FORMATS[target.format].SerdeInfo;
  const serde = found.StorageDescriptor?.SerdeInfo?.SerializationLibrary;
  if (serde !== undefined && serde !== SerializationLibrary) {
    throw new Failure(
      "failed",
      `table ${target.database}.${found.Name} reads objects with ${serde}, not as ${target.format}`,
      { fix: "Give the --format that the lake is written with." },
    );
  }
}

/** What a table is to become; it keeps all that is not about the schema. */
function changedTable(
  found: Table,
  target: GlueTarget,
  days: readonly string[],
): { input: TableInput; changes: string[] } {
  const before = (found.StorageDescriptor?.Columns ?? [])
    .map(({ Name, Type }) => ({ name: Name!, type: Type ?? "string" }));
  const columns = columnChanges(before, objectColumns(target));
  requireCompatible(target.schema.table, columns.refused);
  const had = found.Parameters ?? {};
  const range = daysToProject(days, Date.now(), projectedDays(had)?.first);
  const wanted = target.projection ? projectionParameters(target, range) : {};
  const parameters = Object.entries(wanted).filter(([key, value]) => had[key] !== value);
  const changes = [
    ...describeChanges({ ...columns, removed: [] }),
    ...parameters.map(([key, value]) => `${key}: ${had[key] ?? "none"} -> ${value}`),
  ];
  return {
    changes,
    input: {
      Name: found.Name,
      Description: found.Description,
      Owner: found.Owner,
      Retention: found.Retention,
      TableType: found.TableType,
      PartitionKeys: found.PartitionKeys,
      Parameters: { ...had, ...wanted },
      StorageDescriptor: {
        ...found.StorageDescriptor,
        Columns: [
          ...found.StorageDescriptor?.Columns ?? [],
          ...columns.added.map(({ name, type }) => ({ Name: name, Type: type })),
        ],
      },
    },
  };
}

/** The tables of the database that lie in the lake, with their columns and partitions. */
export async function lakeTables(glue: GlueApi, target: GlueTarget): Promise<TableFound[]> {
  const found: TableFound[] = [];
  for (const table of await tablesOfLake(glue, target)) {
    const columns = (list: Table["PartitionKeys"] = []) =>
      list.map(({ Name, Type }) => ({ name: Name!, type: Type ?? "" }));
    const projected = table.Parameters?.["projection.enabled"] === "true";
    const partitionedBy = columns(table.PartitionKeys);
    found.push({
      name: table.Name!,
      columns: columns(table.StorageDescriptor?.Columns),
      partitionedBy,
      ...projected ? { projection: true } : partitionedBy.length > 0 && {
        partitions: await countPartitions(glue, target.database, table.Name!),
      },
    });
  }
  return found;
}

/** All tables of a database, over all pages; none if there is no such database. */
export async function databaseTables(glue: GlueApi, database: string): Promise<Table[]> {
  const tables: Table[] = [];
  let NextToken: string | undefined;
  try {
    do {
      const page = await glue.send(
        new GetTablesCommand({ DatabaseName: database, NextToken }),
      );
      tables.push(...page.TableList ?? []);
      NextToken = page.NextToken;
    } while (NextToken);
  } catch (error) {
    if (isNamed(error, "EntityNotFoundException")) return [];
    throw error;
  }
  return tables;
}

async function tablesOfLake(glue: GlueApi, target: GlueTarget): Promise<Table[]> {
  return (await databaseTables(glue, target.database)).filter(({ StorageDescriptor }) =>
    StorageDescriptor?.Location?.startsWith(lakeRoot(target)) ?? false
  );
}

async function countPartitions(glue: GlueApi, database: string, table: string): Promise<number> {
  let count = 0;
  let NextToken: string | undefined;
  do {
    const page = await glue.send(
      new GetPartitionsCommand({
        DatabaseName: database,
        TableName: table,
        ExcludeColumnSchema: true,
        NextToken,
      }),
    );
    count += page.Partitions?.length ?? 0;
    NextToken = page.NextToken;
  } while (NextToken);
  return count;
}

/**
 * Deletes the lake's table, and others that its crawler made, where they are ours.
 * @param crawlerIsOurs whether the crawler of this name is, or was, made by the set-up
 */
export async function deleteTables(
  glue: GlueApi,
  target: GlueTarget,
  { apply, crawlerIsOurs }: { apply: boolean; crawlerIsOurs: boolean },
): Promise<Part[]> {
  const own = target.schema.table;
  const parts: Part[] = [];
  for (const table of await tablesOfLake(glue, target)) {
    const name = table.Name!;
    const crawled = table.Parameters?.UPDATED_BY_CRAWLER === target.crawler;
    if (name !== own && !crawled) continue;
    if (!(table.Description === MARK || (crawled && crawlerIsOurs))) {
      parts.push({ part: "table", name, state: "kept", changes: ["not created by ticklake"] });
      continue;
    }
    if (apply) {
      await glue.send(new DeleteTableCommand({ DatabaseName: target.database, Name: name }));
    }
    parts.push({ part: "table", name, state: "deleted" });
  }
  return parts.length > 0 ? parts : [{ part: "table", name: own, state: "absent" }];
}
