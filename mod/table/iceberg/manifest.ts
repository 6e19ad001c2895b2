import { Buffer } from "node:buffer";
import { readAvroFile, writeAvroFile } from "./avro_file.ts";
import { boundBytes, type SingleValue } from "./bounds.ts";
import { type ManifestContent, manifestSchema } from "./manifest_schema.ts";
import type { IcebergSchema, PartitionSpec } from "./metadata.ts";
import { transformedType } from "./transform.ts";

/** Integer keys with values, as Avro has them. */
export type IntMap<V> = Array<{ key: number; value: V }>;

/** One file of the table, by the specification's names. */
export interface DataFile {
  /** 0 for rows; others are deletes. */
  content: number;
  /** Its URI. */
  file_path: string;
  file_format: string;
  /** Values by the partition field's name. */
  partition: Record<string, SingleValue | null>;
  record_count: bigint;
  file_size_in_bytes: bigint;
  column_sizes?: IntMap<bigint> | null;
  value_counts?: IntMap<bigint> | null;
  null_value_counts?: IntMap<bigint> | null;
  nan_value_counts?: IntMap<bigint> | null;
  lower_bounds?: IntMap<Uint8Array> | null;
  upper_bounds?: IntMap<Uint8Array> | null;
  key_metadata?: Uint8Array | null;
  split_offsets?: bigint[] | null;
  equality_ids?: number[] | null;
  sort_order_id?: number | null;
  /** The only file that a delete file names. */
  referenced_data_file?: string | null;
}

/** Status of a file in the snapshot that wrote the manifest. */
export const STATUS = { existing: 0, added: 1, deleted: 2 } as const;

/** A file in a manifest. */
export interface ManifestEntry {
  status: number;
  /** Snapshot that added or deleted it; `null` is the manifest's own. */
  snapshot_id: bigint | null;
  /** `null` for one that was added: it is the manifest's. */
  sequence_number: bigint | null;
  file_sequence_number: bigint | null;
  data_file: DataFile;
}

/** One manifest in a list, by the specification's names. */
export interface ManifestFile {
  manifest_path: string;
  manifest_length: bigint;
  partition_spec_id: number;
  /** 0 for data, 1 for deletes. */
  content: number;
  sequence_number: bigint;
  min_sequence_number: bigint;
  added_snapshot_id: bigint;
  added_files_count: number;
  existing_files_count: number;
  deleted_files_count: number;
  added_rows_count: bigint;
  existing_rows_count: bigint;
  deleted_rows_count: bigint;
  partitions: FieldSummary[] | null;
  key_metadata?: Uint8Array | null;
}

/** The values of one partition field in a manifest's files. */
export interface FieldSummary {
  contains_null: boolean;
  contains_nan?: boolean | null;
  lower_bound: Uint8Array | null;
  upper_bound: Uint8Array | null;
}

/** A partition's fields with the types of their values. */
export interface PartitionType {
  spec: PartitionSpec;
  fields: Array<{ name: string; id: number; type: string }>;
}

/** @returns `undefined` if a field's column is gone or of a nested type */
export function partitionType(
  spec: PartitionSpec,
  schemas: readonly IcebergSchema[],
): PartitionType | undefined {
  const fields: PartitionType["fields"] = [];
  for (const { name, transform, "field-id": id, "source-id": source } of spec.fields) {
    const column = schemas.flatMap((schema) => schema.fields).find((field) => field.id === source);
    if (typeof column?.type !== "string") return undefined;
    fields.push({ name, id, type: transformedType(transform, column.type) });
  }
  return { spec, fields };
}

/** An encoded manifest. */
export interface WrittenManifest {
  bytes: Uint8Array<ArrayBuffer>;
  /** Its entry in the manifest list, without the path. */
  file: Omit<ManifestFile, "manifest_path">;
}

/** Options of {@linkcode writeManifest}. */
export interface ManifestOptions {
  /** The manifest's own snapshot. */
  snapshotId: bigint;
  /** Sequence number of that snapshot. */
  sequence: bigint;
  /** @default {"data"} */
  content?: ManifestContent;
}

/** Writes a manifest. Its bytes are a function of the arguments. */
export function writeManifest(
  entries: readonly ManifestEntry[],
  type: PartitionType,
  schema: IcebergSchema,
  { snapshotId, sequence, content = "data" }: ManifestOptions,
): WrittenManifest {
  const records = entries.map((entry) => ({ ...entry, data_file: bufferBounds(entry.data_file) }));
  const bytes = writeAvroFile(manifestSchema(type.fields, content), records, {
    schema: JSON.stringify(schema),
    "schema-id": String(schema["schema-id"]),
    "partition-spec": JSON.stringify(type.spec.fields),
    "partition-spec-id": String(type.spec["spec-id"]),
    "format-version": "2",
    content,
  });
  const of = (status: number) => entries.filter((entry) => entry.status === status);
  const rows = (status: number) =>
    of(status).reduce((sum, e) => sum + e.data_file.record_count, 0n);
  const live = entries.filter(({ status }) => status !== STATUS.deleted);
  return {
    bytes,
    file: {
      manifest_length: BigInt(bytes.length),
      partition_spec_id: type.spec["spec-id"],
      content: content === "data" ? 0 : 1,
      sequence_number: sequence,
      min_sequence_number: live.reduce(
        (min, { sequence_number: number }) => number !== null && number < min ? number : min,
        sequence,
      ),
      added_snapshot_id: snapshotId,
      added_files_count: of(STATUS.added).length,
      existing_files_count: of(STATUS.existing).length,
      deleted_files_count: of(STATUS.deleted).length,
      added_rows_count: rows(STATUS.added),
      existing_rows_count: rows(STATUS.existing),
      deleted_rows_count: rows(STATUS.deleted),
      partitions: summaries(entries, type),
    },
  };
}

/** Reads a manifest; fills in what its entries inherit from the manifest list. */
export function readManifest(bytes: Uint8Array, file: ManifestFile): ManifestEntry[] {
  const { records } = readAvroFile<ManifestEntry>(bytes, file.manifest_path);
  return records.map((entry) => ({
    ...entry,
    snapshot_id: entry.snapshot_id ?? file.added_snapshot_id,
    sequence_number: entry.sequence_number ?? file.sequence_number,
    file_sequence_number: entry.file_sequence_number ?? file.sequence_number,
  }));
}

/** avsc accepts only Node's buffers. */
function bufferBounds(file: DataFile): DataFile {
  const buffers = (map: DataFile["lower_bounds"]) =>
    map?.map(({ key, value }) => ({ key, value: Buffer.from(value) })) ?? null;
  return {
    ...file,
    lower_bounds: buffers(file.lower_bounds),
    upper_bounds: buffers(file.upper_bounds),
    key_metadata: file.key_metadata ? Buffer.from(file.key_metadata) : null,
  };
}

function summaries(entries: readonly ManifestEntry[], { fields }: PartitionType): FieldSummary[] {
  return fields.map(({ name, type }) => {
    let [min, max]: Array<SingleValue | undefined> = [];
    let hasNull = false;
    for (const { data_file: { partition } } of entries) {
      const value = partition[name] ?? null;
      if (value === null) {
        hasNull = true;
        continue;
      }
      if (min === undefined || compare(value, min) < 0) min = value;
      if (max === undefined || compare(value, max) > 0) max = value;
    }
    return {
      contains_null: hasNull,
      contains_nan: type === "double" ? false : null,
      lower_bound: min === undefined ? null : Buffer.from(boundBytes(min, type)),
      upper_bound: max === undefined ? null : Buffer.from(boundBytes(max, type)),
    };
  });
}

/** Strings by their code points, as Iceberg orders them. */
function compare(a: SingleValue, b: SingleValue): number {
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  return a < b ? -1 : a > b ? 1 : 0;
}
