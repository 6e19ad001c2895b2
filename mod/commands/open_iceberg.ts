import { resolve } from "node:path";
import { lakeRoot } from "../aws/lake_root.ts";
import { lakeOutOfReach } from "../catalog/lake_in_reach.ts";
import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { TableCatalog } from "../table/iceberg/catalog.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { lakePrefix } from "./lake_names.ts";
import { openLake } from "./open_lake.ts";

/** An Iceberg table's catalog and files. */
export interface OpenIceberg {
  catalog: TableCatalog;
  files: TableFiles;
}

/**
 * Opens the catalog that the settings name, for the schema's table. With `--dry-run` it changes nothing.
 * @throws {Failure} kind `usage`, when settings contradict each other
 */
export async function openIceberg(
  settings: Settings,
  schema: RowSchema,
  store: LakeStore,
): Promise<OpenIceberg> {
  const { catalog, files } = await openCatalog(settings, schema, store);
  if (!settings.dryRun) return { catalog, files };
  const { dryRunCatalog } = await import("../table/iceberg/catalogs/dry_run.ts");
  return { catalog: dryRunCatalog(catalog), files };
}

async function openCatalog(
  settings: Settings,
  { table }: RowSchema,
  store: LakeStore,
): Promise<OpenIceberg> {
  const { home, bucket, database } = settings;
  const { TableFiles } = await import("../table/iceberg/table_files.ts");
  const root = bucket === undefined
    ? `file://${resolve(home, "lake")}`
    : lakeRoot({ bucket, prefix: lakePrefix(settings) });
  const files = new TableFiles(store, root, table);
  switch (catalogKind(settings)) {
    case "rest": {
      const { RestCatalog } = await import("../table/iceberg/catalogs/rest.ts");
      const catalog = new RestCatalog({
        uri: required(settings.restUri),
        warehouse: settings.restWarehouse,
        namespace: database,
        table,
        token: settings.restToken,
        credential: settings.restCredential,
        oauth2Uri: settings.restOauth2Uri,
        scope: settings.restScope,
        sigv4: settings.restSigv4,
      });
      return { catalog, files };
    }
    case "glue": {
      const { GlueTableCatalog } = await import("../table/iceberg/catalogs/glue.ts");
      return { catalog: new GlueTableCatalog(files, database, table), files };
    }
    case "directory": {
      const { DirectoryCatalog } = await import("../table/iceberg/catalogs/directory.ts");
      return { catalog: new DirectoryCatalog(files), files };
    }
  }
}

/** The lake as readers of the Hive layout take it, whatever the table is. */
export async function openReadLake(settings: Settings, schema: RowSchema): Promise<LakeStore> {
  const store = await openLake(settings);
  if (settings.tableFormat === "hive") return store;
  const { IcebergLake } = await import("../table/iceberg/iceberg_lake.ts");
  const { catalog, files } = await openIceberg(settings, schema, store);
  return new IcebergLake(catalog, files, settings.topic);
}

/** Which catalog the settings mean. @throws {Failure} kind `usage`, for Glue without a bucket */
export function catalogKind(
  { icebergCatalog, restUri, bucket }: Settings,
): "glue" | "rest" | "directory" {
  if (icebergCatalog === "glue" && bucket === undefined) {
    throw new Failure("usage", "--iceberg-catalog glue: the lake is a directory", {
      fix: "Name the lake's bucket with --bucket (AWS_S3_BUCKET), or omit --iceberg-catalog.",
    });
  }
  if (icebergCatalog !== undefined) return icebergCatalog as "glue" | "rest" | "directory";
  if (restUri !== undefined) return "rest";
  return bucket === undefined || lakeOutOfReach("glue") !== undefined ? "directory" : "glue";
}

function required(restUri: string | undefined): string {
  if (restUri !== undefined) return restUri;
  throw new Failure("usage", "--iceberg-catalog rest: ICEBERG_REST_URI is not set", {
    fix: "Set it to the catalog's address, such as https://host/iceberg.",
  });
}
