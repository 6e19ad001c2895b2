/**
 * Table metadata of format version 2, as in its JSON. Members that are not declared here are preserved.
 * Source: https://iceberg.apache.org/spec/#table-metadata-fields
 */
export interface TableMetadata {
  "format-version": number;
  "table-uuid": string;
  /** URI below which the table's files lie, without a `/` at its end. */
  location: string;
  "last-sequence-number": number;
  "last-updated-ms": number;
  "last-column-id": number;
  schemas: IcebergSchema[];
  "current-schema-id": number;
  "partition-specs": PartitionSpec[];
  "default-spec-id": number;
  "last-partition-id": number;
  properties?: Record<string, string>;
  "current-snapshot-id"?: bigint | null;
  snapshots?: Snapshot[];
  "snapshot-log"?: Array<{ "snapshot-id": bigint; "timestamp-ms": number }>;
  "metadata-log"?: Array<{ "metadata-file": string; "timestamp-ms": number }>;
  "sort-orders": Array<{ "order-id": number; fields: unknown[] }>;
  "default-sort-order-id": number;
  refs?: Record<string, SnapshotRef>;
  [other: string]: unknown;
}

/** A branch or tag. */
export interface SnapshotRef {
  "snapshot-id": bigint;
  type: "branch" | "tag";
  [other: string]: unknown;
}

/** A table's columns at some time. */
export interface IcebergSchema {
  type: "struct";
  "schema-id": number;
  fields: IcebergField[];
  [other: string]: unknown;
}

/** One column. */
export interface IcebergField {
  id: number;
  name: string;
  required: boolean;
  /** A primitive type's name, or a nested type that others have added. */
  type: string | Record<string, unknown>;
  doc?: string;
}

/** How the table's files are partitioned. */
export interface PartitionSpec {
  "spec-id": number;
  fields: PartitionField[];
}

/** One field of a partition's tuple. */
export interface PartitionField {
  /** Id of the column. */
  "source-id": number;
  "field-id": number;
  name: string;
  /** `identity`, `day`, `hour`, `month`, `year`, `bucket[16]`, and others of the specification. */
  transform: string;
}

/** One state of the table. */
export interface Snapshot {
  "snapshot-id": bigint;
  "parent-snapshot-id"?: bigint;
  "sequence-number": number;
  "timestamp-ms": number;
  /** URI of the list of its manifests. */
  "manifest-list": string;
  summary: Record<string, string>;
  "schema-id"?: number;
}

/** Name of the branch that readers take. */
export const MAIN = "main";

/** The snapshot that readers see; `undefined` for a table without one. */
export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  const id = metadata.refs?.[MAIN]?.["snapshot-id"] ?? metadata["current-snapshot-id"];
  if (id === undefined || id === null || id === -1n) return undefined;
  return metadata.snapshots?.find((snapshot) => snapshot["snapshot-id"] === id);
}

/** The current schema. */
export function currentSchema(metadata: TableMetadata): IcebergSchema {
  const id = metadata["current-schema-id"];
  return metadata.schemas.find((schema) => schema["schema-id"] === id)!;
}

/** A partition spec by its id, the default one without. */
export function specOf(metadata: TableMetadata, id = metadata["default-spec-id"]): PartitionSpec {
  return metadata["partition-specs"].find((spec) => spec["spec-id"] === id)!;
}
