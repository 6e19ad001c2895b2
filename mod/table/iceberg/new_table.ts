import type { IcebergSchema, PartitionSpec, TableMetadata } from "./metadata.ts";

/** Properties of a new table. Engines honor the standard ones, and so does this program. */
export const DEFAULT_PROPERTIES: Readonly<Record<string, string>> = {
  "write.format.default": "parquet",
  "write.parquet.compression-codec": "snappy",
  // Keep a day of snapshots, and at least a hundred.
  "history.expire.max-snapshot-age-ms": "86400000",
  "history.expire.min-snapshots-to-keep": "100",
  // Each commit rewrites the metadata; Glue accepts up to 20 MB.
  "write.metadata.previous-versions-max": "100",
  "write.metadata.delete-after-commit.enabled": "true",
};

/** Metadata of a table without rows. */
export function newTable(options: {
  location: string;
  schema: IcebergSchema;
  spec: PartitionSpec;
  properties?: Record<string, string>;
  uuid?: string;
  nowMs?: number;
}): TableMetadata {
  const { location, schema, spec, properties = {} } = options;
  return {
    "format-version": 2,
    "table-uuid": options.uuid ?? crypto.randomUUID(),
    location,
    "last-sequence-number": 0,
    "last-updated-ms": options.nowMs ?? Date.now(),
    "last-column-id": Math.max(...schema.fields.map(({ id }) => id)),
    schemas: [schema],
    "current-schema-id": schema["schema-id"],
    "partition-specs": [spec],
    "default-spec-id": spec["spec-id"],
    "last-partition-id": Math.max(999, ...spec.fields.map((field) => field["field-id"])),
    properties: { ...DEFAULT_PROPERTIES, ...properties },
    snapshots: [],
    "snapshot-log": [],
    "metadata-log": [],
    "sort-orders": [{ "order-id": 0, fields: [] }],
    "default-sort-order-id": 0,
    refs: {},
  };
}
