import type { AvroSchema } from "./avro_file.ts";

/** What the files of a manifest have. */
export type ManifestContent = "data" | "deletes";

/** A field of an Avro record with Iceberg's id. */
function field(name: string, id: number, type: AvroSchema): AvroSchema {
  return { name, type, "field-id": id };
}

function optional(name: string, id: number, type: AvroSchema): AvroSchema {
  return { name, type: ["null", type], default: null, "field-id": id };
}

/** A map with integer keys, which Avro does not have: an array of pairs. */
function intMap(key: number, value: number, type: AvroSchema): AvroSchema {
  return {
    type: "array",
    logicalType: "map",
    items: {
      type: "record",
      name: `k${key}_v${value}`,
      fields: [field("key", key, "int"), field("value", value, type)],
    },
  };
}

function list(id: number, items: AvroSchema): AvroSchema {
  return { type: "array", items, "element-id": id };
}

/** Avro's type of an Iceberg primitive. Source: https://iceberg.apache.org/spec/#avro */
export function avroType(type: string): AvroSchema {
  switch (type) {
    case "date":
      return { type: "int", logicalType: "date" };
    case "timestamptz":
    case "timestamp":
      return {
        type: "long",
        logicalType: "timestamp-micros",
        "adjust-to-utc": type === "timestamptz",
      };
    default:
      return type;
  }
}

/**
 * Schema of a manifest's entries.
 * @param partition name, id and Iceberg type of the partition's fields
 * @param content what its files have: rows, or deletes
 * Source: https://iceberg.apache.org/spec/#manifests
 */
export function manifestSchema(
  partition: ReadonlyArray<{ name: string; id: number; type: string }>,
  content: ManifestContent,
): AvroSchema {
  const dataFile = {
    type: "record",
    name: "r2",
    fields: [
      field("content", 134, "int"),
      field("file_path", 100, "string"),
      field("file_format", 101, "string"),
      field("partition", 102, {
        type: "record",
        name: "r102",
        fields: partition.map(({ name, id, type }) => optional(name, id, avroType(type))),
      }),
      field("record_count", 103, "long"),
      field("file_size_in_bytes", 104, "long"),
      optional("column_sizes", 108, intMap(117, 118, "long")),
      optional("value_counts", 109, intMap(119, 120, "long")),
      optional("null_value_counts", 110, intMap(121, 122, "long")),
      optional("nan_value_counts", 137, intMap(138, 139, "long")),
      optional("lower_bounds", 125, intMap(126, 127, "bytes")),
      optional("upper_bounds", 128, intMap(129, 130, "bytes")),
      optional("key_metadata", 131, "bytes"),
      optional("split_offsets", 132, list(133, "long")),
      optional("equality_ids", 135, list(136, "int")),
      optional("sort_order_id", 140, "int"),
      ...content === "deletes" ? [optional("referenced_data_file", 143, "string")] : [],
    ],
  };
  return {
    type: "record",
    name: "manifest_entry",
    fields: [
      field("status", 0, "int"),
      optional("snapshot_id", 1, "long"),
      optional("sequence_number", 3, "long"),
      optional("file_sequence_number", 4, "long"),
      field("data_file", 2, dataFile),
    ],
  };
}

/** Schema of a manifest list. Source: https://iceberg.apache.org/spec/#manifest-lists */
export const MANIFEST_LIST_SCHEMA: AvroSchema = {
  type: "record",
  name: "manifest_file",
  fields: [
    field("manifest_path", 500, "string"),
    field("manifest_length", 501, "long"),
    field("partition_spec_id", 502, "int"),
    field("content", 517, "int"),
    field("sequence_number", 515, "long"),
    field("min_sequence_number", 516, "long"),
    field("added_snapshot_id", 503, "long"),
    field("added_files_count", 504, "int"),
    field("existing_files_count", 505, "int"),
    field("deleted_files_count", 506, "int"),
    field("added_rows_count", 512, "long"),
    field("existing_rows_count", 513, "long"),
    field("deleted_rows_count", 514, "long"),
    optional(
      "partitions",
      507,
      list(508, {
        type: "record",
        name: "r508",
        fields: [
          field("contains_null", 509, "boolean"),
          optional("contains_nan", 518, "boolean"),
          optional("lower_bound", 510, "bytes"),
          optional("upper_bound", 511, "bytes"),
        ],
      }),
    ),
    optional("key_metadata", 519, "bytes"),
  ],
};
