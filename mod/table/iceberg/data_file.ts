import { HIVE_NULL } from "../../lake/layout.ts";
import type { ColumnStatistics } from "../../lake/format/column_statistics.ts";
import { boundBytes, lowerText, type SingleValue, upperText } from "./bounds.ts";
import type { DataFile, IntMap } from "./manifest.ts";
import type { IcebergSchema, PartitionSpec } from "./metadata.ts";
import { transformed } from "./transform.ts";

/** A Parquet file of one partition. */
export interface FileFacts {
  /** Its URI. */
  path: string;
  rows: number;
  /** Size in bytes. */
  bytes: number;
  columns: readonly ColumnStatistics[];
  /** Values that the file's path says, by column, decoded. */
  partitions: ReadonlyArray<readonly [column: string, value: string]>;
}

/**
 * A file as manifests describe it. All its rows are in the same partition, so any value of the source column
 * determines it: the smallest is used.
 * @throws {Error} when a partition's value cannot be determined
 */
export function dataFile(facts: FileFacts, schema: IcebergSchema, spec: PartitionSpec): DataFile {
  const { path } = facts;
  const partition: DataFile["partition"] = {};
  for (const { name, transform, "source-id": source } of spec.fields) {
    const column = schema.fields.find(({ id }) => id === source)!;
    const type = column.type as string;
    partition[name] = transformed(transform, anyValue(facts, column.name, type), type);
    const max = facts.columns.find((found) => found.name === column.name)?.max;
    // Buckets have no order; for other transforms the largest value shows whether there is one partition.
    if (max === undefined || transform.startsWith("bucket")) continue;
    if (transformed(transform, singleValue(max, type), type) !== partition[name]) {
      throw new Error(`${path} has rows of several partitions by ${name}`);
    }
  }
  return describedFile(facts, schema, partition);
}

/** A file as manifests describe it, of a partition that is known. */
export function describedFile(
  facts: Omit<FileFacts, "partitions">,
  schema: IcebergSchema,
  partition: DataFile["partition"],
): DataFile {
  const { path, rows, bytes } = facts;
  return {
    content: 0,
    file_path: path,
    file_format: "PARQUET",
    partition,
    record_count: BigInt(rows),
    file_size_in_bytes: BigInt(bytes),
    ...boundMaps(facts, schema),
    // After the file's magic bytes: it has one row group.
    split_offsets: [4n],
    sort_order_id: 0,
  };
}

/** A value of a column; `null` if no row has one. */
function anyValue({ path, rows, columns, partitions }: FileFacts, name: string, type: string) {
  const found = columns.find((column) => column.name === name);
  if (found?.min !== undefined) return singleValue(found.min, type);
  const text = partitions.find(([column]) => column === name)?.[1];
  if (text !== undefined) return text === HIVE_NULL ? null : textValue(text, type);
  if (found === undefined || found.nulls === rows) return null;
  throw new Error(`${path}: its partition cannot be derived from column ${name}`);
}

/** @param value days, milliseconds, number or text, as statistics have it */
function singleValue(value: number | bigint | string, type: string): SingleValue {
  if (type === "long") return BigInt(value);
  if (type === "timestamptz") return BigInt(value) * 1000n;
  return value;
}

function textValue(text: string, type: string): SingleValue {
  if (type === "string") return text;
  if (type === "date") return Date.parse(`${text}T00:00:00Z`) / 86_400_000;
  if (type === "timestamptz") return BigInt(Date.parse(text.replace(" ", "T") + "Z")) * 1000n;
  return BigInt(text);
}

function boundMaps(
  { rows, columns }: Pick<FileFacts, "rows" | "columns">,
  { fields }: IcebergSchema,
) {
  const value_counts: IntMap<bigint> = [];
  const null_value_counts: IntMap<bigint> = [];
  const lower_bounds: IntMap<Uint8Array> = [];
  const upper_bounds: IntMap<Uint8Array> = [];
  for (const { id: key, name, type } of fields) {
    const column = columns.find((column) => column.name === name);
    if (column === undefined || typeof type !== "string") continue;
    const { nulls, min, max } = column;
    value_counts.push({ key, value: BigInt(rows) });
    null_value_counts.push({ key, value: BigInt(nulls) });
    if (min === undefined || max === undefined) continue;
    const lower = typeof min === "string" ? lowerText(min) : singleValue(min, type);
    const upper = typeof max === "string" ? upperText(max) : singleValue(max, type);
    lower_bounds.push({ key, value: boundBytes(lower, type) });
    if (upper !== undefined) upper_bounds.push({ key, value: boundBytes(upper, type) });
  }
  return { value_counts, null_value_counts, lower_bounds, upper_bounds };
}
