import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "../config/settings.ts";
import { Failure } from "../failure/failure.ts";
import type { LakeStore } from "../lake/store.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { LoadedTable } from "../table/iceberg/catalog.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import { catalogKind, openIceberg } from "./open_iceberg.ts";
import { openLake } from "./open_lake.ts";

/** An Iceberg table that another program writes, as it was when it was opened. */
export interface TableOfOthers {
  /** For people. */
  description: string;
  base: LoadedTable;
  files: TableFiles;
  close(): void;
}

/**
 * Opens an Iceberg table wherever its files are: a catalog says where. Of a catalog that is the table's own folder,
 * the folder is below the lake's prefix.
 * @throws {Failure} kind `failed`, where there is no such table; kind `usage`, where its files cannot be read
 */
export async function openTableOfOthers(
  settings: Settings,
  schema: RowSchema,
): Promise<TableOfOthers> {
  const table = settings.otherTable ?? schema.table;
  const isFolder = catalogKind(settings) === "directory";
  const wide = isFolder
    ? settings
    : await inItsBucket({ ...settings, prefix: "" }, { ...schema, table });
  const store = await openLake(wide);
  try {
    const { catalog, files } = await openIceberg(wide, { ...schema, table }, store);
    try {
      const base = await catalog.load();
      if (base === undefined) {
        throw new Failure("failed", `table ${table} is not in ${catalog.description}`, {
          fix: "Check --table, --database and the catalog's settings.",
        });
      }
      const opened = isFolder ? { store, files } : await filesOf(base, wide, { store, files });
      const description = `the Iceberg table ${table} in ${catalog.description}`;
      if (opened.store !== store) store.close();
      return { description, base, files: opened.files, close: () => opened.store.close() };
    } finally {
      catalog.close();
    }
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The settings with the bucket of the table's metadata, where the catalog only names the file. */
async function inItsBucket(settings: Settings, schema: RowSchema): Promise<Settings> {
  const store = await openLake(settings);
  try {
    const { catalog } = await openIceberg(settings, schema, store);
    try {
      const bucket = bucketOf(await catalog.metadataFile?.() ?? "");
      return bucket === undefined ? settings : { ...settings, bucket };
    } finally {
      catalog.close();
    }
  } finally {
    store.close();
  }
}

function bucketOf(uri: string): string | undefined {
  return /^s3[an]?:\/\/([^/]+)/.exec(uri)?.[1];
}

/** Where a table's files are, which its location says. */
async function filesOf(
  { metadata: { location } }: LoadedTable,
  settings: Settings,
  opened: { store: LakeStore; files: TableFiles },
): Promise<{ store: LakeStore; files: TableFiles }> {
  const { TableFiles } = await import("../table/iceberg/table_files.ts");
  const bucket = bucketOf(location);
  if (bucket !== undefined) {
    if (bucket === settings.bucket) return opened;
    const store = await openLake({ ...settings, bucket });
    return { store, files: new TableFiles(store, `s3://${bucket}`, opened.files.folder) };
  }
  if (!location.startsWith("file:")) {
    throw new Failure("usage", `the table's files are at ${location}`, {
      fix: "Only tables in S3 and in folders of this host can be read.",
    });
  }
  const { openDirectoryLake } = await import("../lake/directory.ts");
  const path = fileURLToPath(location).replace(/\/+$/, "");
  const store = openDirectoryLake(dirname(path));
  return { store, files: new TableFiles(store, `file://${dirname(path)}`, basename(path)) };
}
