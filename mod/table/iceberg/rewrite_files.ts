import { Failure, messageOf } from "../../failure/failure.ts";
import { columnJob, type RowsToWrite } from "../../lake/format/column_job.ts";
import { fileStatistics } from "../../lake/format/column_statistics.ts";
import type { Compression } from "../../lake/format/compression.ts";
import { encode } from "../../lake/format/encode.ts";
import type { ObjectRows } from "../../lake/format/object_rows.ts";
import { readFooter } from "../../lake/format/parquet/footer.ts";
import { parquetBatches } from "../../lake/format/parquet/read_parquet.ts";
import type { Column } from "../../schema/schema.ts";
import type { LoadedTable } from "./catalog.ts";
import { describedFile } from "./data_file.ts";
import { mergedName } from "./file_origin.ts";
import { firstRows } from "./without_rows.ts";
import { columnType, typeName } from "./iceberg_schema.ts";
import type { LiveEntry } from "./live_entries.ts";
import { currentSchema, type IcebergSchema } from "./metadata.ts";
import { namesInFile } from "./names_in_file.ts";
import type { RowDeletes } from "./row_deletes.ts";
import type { AddedFile } from "./snapshot.ts";
import type { TableFiles } from "./table_files.ts";

/** Which rows are written again, by Kafka's coordinates. */
export type RowFilter = (partition: number, offset: number, index: number) => boolean;

/** Options of {@linkcode rewriteFiles}. */
export interface RewriteOptions {
  base: LoadedTable;
  files: TableFiles;
  /** Files of one partition of the table; their rows become one file. */
  entries: readonly LiveEntry[];
  /** Id of the log that all the rows are of. */
  log: string;
  /** @default {all} */
  isKept?: RowFilter;
  /** What delete files delete of the rows: it is left out. @default {nothing} */
  deletes?: RowDeletes;
  /** Column with a row's place in its message's array; without it messages are one row. */
  indexColumn?: string;
  /** @default {"zstd"} */
  compression?: Compression;
  signal?: AbortSignal;
}

/** The outcome. */
export interface RewrittenRows {
  /** Absent if no row is left, or `isKept` keeps all: then nothing is written. */
  file?: AddedFile;
  /** Rows that `isKept` has taken out. */
  gone: number;
}

/**
 * Writes the rows of some files as one new file, which is in no snapshot yet. Columns are found by their
 * field ids, so that columns renamed by another program keep their values.
 * @throws {Failure} kind `failed`, when a file cannot be read or has a column that cannot be written
 */
export async function rewriteFiles(options: RewriteOptions): Promise<RewrittenRows> {
  const { base: { metadata }, files, entries, log, isKept, compression = "zstd" } = options;
  const schema = currentSchema(metadata);
  const columns = schema.fields.map(({ name, type, required }): Column => {
    const known = columnType(type);
    if (known === undefined) {
      throw new Failure(
        "failed",
        `column ${name} is ${typeName(type)}: ticklake cannot rewrite files with it`,
        { fix: "Another program has added it. Let that program rewrite the table's files." },
      );
    }
    return { wire: name, name, type: known, required };
  });
  const sources: RowsToWrite[] = [];
  const counter = { gone: 0 };
  for (const entry of entries) {
    options.signal?.throwIfAborted();
    const bytes = await files.store.get(entry.name, { signal: options.signal });
    const batches = await batchesById(entry.name, bytes, columns, schema.fields);
    const deleted = await options.deletes?.of(entry, bytes);
    sources.push({ batches, isKept: keptBy(batches, options, deleted, counter) });
  }
  const fieldIds = new Map(schema.fields.map(({ name, id }) => [name, id]));
  const job = columnJob(sources, { columns, compression, fieldIds });
  const { gone } = counter;
  if (job.rows === 0 || isKept !== undefined && gone === 0) return { gone };
  const [{ bytes }] = encode(job);
  const name = mergedName(folderOf(entries[0].name, files.folder), log, Date.now());
  await files.store.put(name, bytes, { signal: options.signal });
  const facts = {
    path: files.uri(name, metadata.location),
    bytes: bytes.length,
    ...fileStatistics(bytes),
  };
  const { specId, file: { partition } } = entries[0];
  return { gone, file: { specId, file: describedFile(facts, schema, partition) } };
}

/** Which rows of one file are written again. @param counter counts those that `isKept` takes out */
function keptBy(
  batches: ObjectRows["batches"],
  { isKept, indexColumn = "" }: RewriteOptions,
  deleted: ReadonlySet<number> = new Set(),
  counter: { gone: number },
): RowsToWrite["isKept"] {
  if (isKept === undefined && deleted.size === 0) return undefined;
  const firsts = firstRows(batches);
  return (batch, row) => {
    if (deleted.has(firsts.get(batch)! + row)) return false;
    if (isKept === undefined) return true;
    const { columns } = batch;
    const isLeft = isKept(
      Number(columns.get("kafka_partition")![row]),
      Number(columns.get("kafka_offset")![row]),
      Number(columns.get(indexColumn)?.[row] ?? 0),
    );
    if (!isLeft) counter.gone++;
    return isLeft;
  };
}

/** The rows of a file under the table's names, which may not be those in the file. */
async function batchesById(
  name: string,
  bytes: Uint8Array,
  columns: readonly Column[],
  fields: IcebergSchema["fields"],
): Promise<ObjectRows["batches"]> {
  try {
    const metadata = readFooter(bytes);
    const named = namesInFile(metadata, fields);
    const nameInFile = new Map(fields.map(({ id, name }) => [name, named.get(id)]));
    const wanted = columns.flatMap((column) => {
      const name = nameInFile.get(column.name);
      return name === undefined ? [] : [{ ...column, name }];
    });
    const batches = await parquetBatches(bytes, wanted, metadata);
    return batches.map(({ rows, columns: found }) => ({
      rows,
      columns: new Map(
        [...nameInFile].flatMap(([name, inFile]) => {
          const values = inFile === undefined ? undefined : found.get(inFile);
          return values === undefined ? [] : [[name, values] as const];
        }),
      ),
    }));
  } catch (cause) {
    throw new Failure("failed", `file ${name} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: "`ticklake repair --table-format iceberg` removes its offsets and reads them again.",
    });
  }
}

/** Where the rows of a file are written to: never among the objects of a Hive table. */
function folderOf(name: string, table: string): string {
  const folder = name.slice(0, name.lastIndexOf("/"));
  if (folder === `${table}/data` || folder.startsWith(`${table}/data/`)) return folder;
  return folder.startsWith(`${table}/`)
    ? `${table}/data/${folder.slice(table.length + 1)}`
    : `${table}/data`;
}
