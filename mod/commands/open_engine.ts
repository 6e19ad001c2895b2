import type { QueryEngine } from "../catalog/engine.ts";
import { RESULTS_FOLDER } from "../aws/policies.ts";
import { lakeRoot } from "../aws/lake_root.ts";
import { requireLakeInReach } from "../catalog/lake_in_reach.ts";
import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import { Partitioning } from "../lake/partitioning.ts";
import type { RowSchema } from "../schema/schema.ts";
import { lakePrefix } from "./lake_names.ts";
import { localCatalogPath } from "./local_catalog_path.ts";
import { requireHome } from "./require_home.ts";
import { openReadLake } from "./open_iceberg.ts";
import { requireHiveTable } from "../table/hive/migrated.ts";

/**
 * Opens what answers SQL: Athena for a lake in S3, unless the settings say local.
 * @throws {Failure} kind `usage`, when Athena is wanted for a lake that is not in S3
 */
export async function openEngine(settings: Settings, schema: RowSchema): Promise<QueryEngine> {
  const { bucket, engine = bucket === undefined ? "local" : "athena" } = settings;
  if (engine === "local") return await openLocalEngine(settings, schema);
  if (bucket === undefined) {
    throw new Failure(
      "usage",
      "--engine athena: the lake is a directory, which Athena cannot read",
      {
        fix: "Name the lake's bucket with --bucket (AWS_S3_BUCKET), or omit --engine.",
      },
    );
  }
  requireLakeInReach("athena");
  const { openAthenaEngine } = await import("../catalog/athena/athena_engine.ts");
  return openAthenaEngine({
    database: settings.database,
    workgroup: settings.workgroup,
    output: settings.athenaOutput,
    fallbackOutput: lakeRoot({ bucket, prefix: lakePrefix(settings) }) + RESULTS_FOLDER,
  });
}

/** Opens the local engine over the lake, wherever that is. */
export async function openLocalEngine(
  settings: Settings,
  schema: RowSchema,
): Promise<QueryEngine> {
  if (settings.bucket === undefined) requireHome(settings);
  const local = await import("../catalog/local/local_engine.ts");
  const lake = await openReadLake(settings, schema);
  const engine = await local.openLocalEngine({
    path: await localCatalogPath(settings),
    lake,
    schema,
    timeoutMs: settings.queryTimeout,
    // Iceberg's partitions are hidden.
    partitionColumns: settings.tableFormat === "iceberg"
      ? []
      : new Partitioning(settings.partitionBy, schema).names,
  });
  let isChecked = settings.tableFormat !== "hive";
  return {
    ...engine,
    async run(sql, options) {
      // With the first statement: the shell opens where the lake cannot be reached.
      if (!isChecked) await requireHiveTable(lake, schema.table, { signal: options.signal });
      isChecked = true;
      return await engine.run(sql, options);
    },
    close() {
      engine.close();
      lake.close();
    },
  };
}
