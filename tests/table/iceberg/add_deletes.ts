import { columnJob } from "../../../mod/lake/format/column_job.ts";
import { encode } from "../../../mod/lake/format/encode.ts";
import type { Column } from "../../../mod/schema/schema.ts";
import type { LoadedTable, TableCatalog } from "../../../mod/table/iceberg/catalog.ts";
import { columnType } from "../../../mod/table/iceberg/iceberg_schema.ts";
import type { LiveEntry } from "../../../mod/table/iceberg/live_entries.ts";
import {
  type DataFile,
  partitionType,
  STATUS,
  writeManifest,
} from "../../../mod/table/iceberg/manifest.ts";
import { writeManifestList } from "../../../mod/table/iceberg/manifest_list.ts";
import {
  currentSchema,
  currentSnapshot,
  MAIN,
  specOf,
} from "../../../mod/table/iceberg/metadata.ts";
import { currentManifests, newSnapshotId } from "../../../mod/table/iceberg/snapshot.ts";
import type { TableFiles } from "../../../mod/table/iceberg/table_files.ts";

/** A delete file: rows of data files by position, or the values of some columns. */
export type Deletes =
  | { positions: ReadonlyArray<readonly [uri: string, position: number]> }
  | { columns: readonly string[]; values: ReadonlyArray<ReadonlyArray<number | string | null>> };

/** Ids of the columns of position delete files. Source: https://iceberg.apache.org/spec/#reserved-field-ids */
const POSITION_IDS = new Map([["file_path", 2147483546], ["pos", 2147483545]]);

/**
 * Deletes rows by one delete file, as engines do that merge on read.
 * @param like a data file of the partition that the deletes are of
 * @param format what the table's metadata says of the file
 * @returns the delete file's name
 */
export async function addDeletes(
  catalog: TableCatalog,
  files: TableFiles,
  like: LiveEntry,
  deletes: Deletes,
  format = "PARQUET",
): Promise<string> {
  const base = (await catalog.load())!;
  const { metadata } = base;
  const id = newSnapshotId();
  const sequence = metadata["last-sequence-number"] + 1;
  const uri = `${metadata.location}/data/deletes-${id}.parquet`;
  const { bytes, rows, ids } = "positions" in deletes
    ? positionFile(deletes.positions)
    : valueFile(base, deletes);
  await files.put(uri, metadata.location, bytes);
  const file: DataFile = {
    content: "positions" in deletes ? 1 : 2,
    file_path: uri,
    file_format: format,
    partition: like.file.partition,
    record_count: BigInt(rows),
    file_size_in_bytes: BigInt(bytes.length),
    equality_ids: ids,
  };
  const schema = currentSchema(metadata);
  const type = partitionType(specOf(metadata, like.specId), metadata.schemas)!;
  const entry = {
    status: STATUS.added,
    snapshot_id: id,
    sequence_number: null,
    file_sequence_number: null,
    data_file: file,
  };
  const manifest = writeManifest([entry], type, schema, {
    snapshotId: id,
    sequence: BigInt(sequence),
    content: "deletes",
  });
  const manifestUri = `${metadata.location}/metadata/${id}-deletes.avro`;
  await files.put(manifestUri, metadata.location, manifest.bytes);
  const parent = currentSnapshot(metadata)!;
  const snapshot = {
    "snapshot-id": id,
    "parent-snapshot-id": parent["snapshot-id"],
    "sequence-number": sequence,
    "timestamp-ms": Math.max(Date.now(), metadata["last-updated-ms"]),
    "manifest-list": `${metadata.location}/metadata/snap-${id}-deletes.avro`,
    summary: {
      ...totalsOf(parent.summary),
      operation: "delete",
      "added-delete-files": "1",
      [`added-${"positions" in deletes ? "position" : "equality"}-deletes`]: String(rows),
      "total-delete-files": String(1 + Number(parent.summary["total-delete-files"] ?? 0)),
    },
    "schema-id": metadata["current-schema-id"],
  };
  const manifests = [
    { manifest_path: manifestUri, ...manifest.file },
    ...await currentManifests(base, files),
  ];
  const list = writeManifestList(manifests, snapshot);
  await files.put(snapshot["manifest-list"], metadata.location, list);
  const isCommitted = await catalog.commit(base, [
    { action: "add-snapshot", snapshot },
    { action: "set-snapshot-ref", "ref-name": MAIN, type: "branch", "snapshot-id": id },
  ]);
  if (!isCommitted) throw new Error("the deletes met another commit");
  return files.name(uri, metadata.location);
}

/** What a summary says of the whole table. */
function totalsOf(summary: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(summary).filter(([name]) => name.startsWith("total-")));
}

function positionFile(positions: ReadonlyArray<readonly [string, number]>) {
  const sorted = positions.toSorted(([a, i], [b, j]) => a < b ? -1 : a > b ? 1 : i - j);
  const columns: Column[] = [
    { wire: "file_path", name: "file_path", type: "string", required: true },
    { wire: "pos", name: "pos", type: "long", required: true },
  ];
  return { ...parquet(columns, sorted, POSITION_IDS), ids: null };
}

function valueFile(
  { metadata }: LoadedTable,
  { columns, values }: Extract<Deletes, { columns: unknown }>,
) {
  const { fields } = currentSchema(metadata);
  const own = columns.map((name) => fields.find((field) => field.name === name)!);
  const ids = own.map(({ id }) => id);
  const described = own.map(({ name, type }): Column => ({
    wire: name,
    name,
    type: columnType(type)!,
    required: false,
  }));
  return { ...parquet(described, values, new Map(own.map(({ name, id }) => [name, id]))), ids };
}

function parquet(
  columns: Column[],
  rows: ReadonlyArray<ReadonlyArray<number | string | null>>,
  fieldIds: ReadonlyMap<string, number>,
) {
  const values = new Map(columns.map(({ name }, c) => [name, rows.map((row) => row[c])]));
  const batches = [{ rows: rows.length, columns: values }];
  const job = columnJob([{ batches }], { columns, compression: "zstd", fieldIds });
  const [{ bytes }] = encode(job);
  return { bytes, rows: rows.length };
}
