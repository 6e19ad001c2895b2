import { Failure } from "../failure/failure.ts";
import type { LakeObject, LakeStore } from "../lake/store.ts";
import type { LoadedTable } from "../table/iceberg/catalog.ts";
import { liveEntries } from "../table/iceberg/live_entries.ts";
import { currentSchema } from "../table/iceberg/metadata.ts";
import { namesInFile } from "../table/iceberg/names_in_file.ts";
import { RowDeletes } from "../table/iceberg/row_deletes.ts";
import type { TableFiles } from "../table/iceberg/table_files.ts";
import {
  type Origin,
  type OriginColumns,
  readOrigins,
  readParquetOrigins,
} from "./foreign_object.ts";

/** What another sink wrote, object by object. */
export interface ObjectsOfOthers {
  objects: ReadonlyArray<{
    name: string;
    /** Where its rows come from. @throws {Failure} kind `rejected`, when it cannot be read */
    read(): Promise<Origin[]>;
  }>;
  /** Objects of other endings, which are not read. */
  ignored: number;
}

/** Options that both kinds of tables have. */
export interface OthersOptions {
  columns: OriginColumns;
  topic: string;
  signal: AbortSignal;
}

/** Endings of the objects that can be read. */
const READABLE = /\.(parquet|json|jsonl|ndjson)$|\.(json|jsonl|ndjson)\.gz$/;

/** Where the metadata of an Iceberg table lies. */
const ICEBERG_METADATA = /(?:^|\/)metadata\/[^/]*\.metadata\.json$/;

/**
 * All Parquet and JSON-lines objects of a lake.
 * @throws {Failure} kind `usage`, when there are none, or they are of an Iceberg table
 */
export async function objectsOfLake(
  store: LakeStore,
  { columns, topic, signal }: OthersOptions,
): Promise<ObjectsOfOthers> {
  const all: LakeObject[] = await Array.fromAsync(store.list("", { signal }));
  const metadata = all.find(({ name }) => ICEBERG_METADATA.test(name));
  if (metadata !== undefined) {
    throw new Failure(
      "usage",
      `${store.description} has an Iceberg table: ${metadata.name}`,
      {
        fix:
          "--table-format iceberg reads what its current snapshot has; --table names the table. " +
          "Or name a folder without one with --prefix.",
      },
    );
  }
  const objects = all.filter(({ name }) => READABLE.test(name));
  if (objects.length === 0) {
    throw new Failure("usage", `no Parquet or JSON-lines objects in ${store.description}`, {
      fix: "Name the bucket and, with --prefix, the folder that the other sink writes to.",
    });
  }
  return {
    objects: objects.map(({ name }) => ({
      name,
      read: async () => await readOrigins(name, await store.get(name, { signal }), columns, topic),
    })),
    ignored: all.length - objects.length,
  };
}

/**
 * The data files of an Iceberg table's current snapshot.
 * @throws {Failure} kind `usage`, when the table does not have the columns
 */
export async function objectsOfIceberg(
  base: LoadedTable,
  files: TableFiles,
  { columns, topic, signal }: OthersOptions,
): Promise<ObjectsOfOthers> {
  const { fields } = currentSchema(base.metadata);
  const ids = Object.values(columns).map((column) => {
    const field = fields.find(({ name }) => name === column);
    if (field !== undefined) return [column, field.id] as const;
    const all = fields.map(({ name }) => name).join(", ");
    throw new Failure("usage", `the table has no column ${column}, but ${all}`, {
      fix:
        "--offset-column, --partition-column and --topic-column name the columns that say where a row " +
        "comes from.",
    });
  });
  const { entries, hasDeleteFiles } = await liveEntries(base, files);
  const deletes = hasDeleteFiles ? await RowDeletes.open(base, files, { signal }) : undefined;
  return {
    objects: entries.map((entry) => ({
      name: entry.name,
      async read() {
        const { name, file: { file_format } } = entry;
        if (file_format.toUpperCase() !== "PARQUET") {
          throw new Failure("rejected", `object ${name} cannot be read: it is not Parquet`);
        }
        const bytes = await files.store.get(name, { signal });
        const gone = await deletes?.of(entry, bytes) ?? new Set<number>();
        return await readParquetOrigins(name, bytes, {
          columns,
          topic,
          gone,
          namesIn(metadata) {
            const names = namesInFile(metadata, fields);
            return Object.fromEntries(ids.map(([column, id]) => [column, names.get(id)]));
          },
        });
      },
    })),
    ignored: 0,
  };
}
