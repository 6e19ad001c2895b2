import { Failure } from "../../failure/failure.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { Partitioning } from "../../lake/partitioning.ts";
import { newSchema } from "./iceberg_schema.ts";
import {
  currentSchema,
  type IcebergSchema,
  type PartitionField,
  type PartitionSpec,
  specOf,
  type TableMetadata,
} from "./metadata.ts";

/** Id of the first partition field, by the specification. */
const FIRST_FIELD_ID = 1000;

/**
 * The partition spec that `--partition-by` stands for: `dt` is the day and `hour` the hour of
 * `kafka_timestamp`, a column is itself, `year(…)`, `month(…)`, `day(…)`, `bucket(…, n)` are
 * Iceberg's transforms.
 * @throws {Failure} kind `usage`, for what {@linkcode Partitioning} refuses
 */
export function partitionSpec(
  partitionBy: string,
  schema: RowSchema,
  { fields }: IcebergSchema,
  specId = 0,
  lastFieldId = FIRST_FIELD_ID - 1,
): PartitionSpec {
  const terms = new Partitioning(partitionBy, schema).terms;
  // An hour implies its day; Iceberg refuses two time transforms of one column.
  const useful = terms.includes("hour") ? terms.filter((term) => term !== "dt") : terms;
  let fieldId = lastFieldId;
  const idOf = (name: string) => fields.find((field) => field.name === name)!.id;
  const field = (column: string, transform: string, name: string): PartitionField => ({
    "source-id": idOf(column),
    "field-id": ++fieldId,
    name,
    transform,
  });
  return {
    "spec-id": specId,
    fields: useful.map((term) => {
      if (term === "dt") return field("kafka_timestamp", "day", "kafka_timestamp_day");
      if (term === "hour") return field("kafka_timestamp", "hour", "kafka_timestamp_hour");
      const call = /^(year|month|day|bucket)\(([^,)]+)(?:,(\d+))?\)$/.exec(term);
      if (call === null) return field(term, "identity", term);
      const [, transform, column, count] = call;
      return transform === "bucket"
        ? field(column, `bucket[${count}]`, `${column}_bucket`)
        : field(column, transform, `${column}_${transform}`);
    }),
  };
}

/** Names of a spec's fields as paths of files have them, see {@linkcode Partitioning}. */
function pathNames({ fields }: PartitionSpec, columns: IcebergSchema["fields"]): string[] {
  return fields.map(({ transform, "source-id": source }) => {
    const name = columns.find(({ id }) => id === source)?.name ?? "";
    if (name === "kafka_timestamp") return transform === "day" ? "dt" : transform;
    return transform === "identity" ? name : `${name}_${transform.replace(/\[.*/, "")}`;
  });
}

/**
 * The spec by which files with these names in their paths were written; prefers the default spec.
 * @returns `undefined` if there is none
 */
export function specOfPaths(
  metadata: TableMetadata,
  names: readonly string[],
): PartitionSpec | undefined {
  const wanted = names.includes("hour") ? names.filter((name) => name !== "dt") : names;
  const columns = currentSchema(metadata).fields;
  return [specOf(metadata), ...metadata["partition-specs"]]
    .find((spec) => pathNames(spec, columns).join() === wanted.join());
}

/** A spec for the user, as `--partition-by` has it. */
export function specText(spec: PartitionSpec, { fields: columns }: IcebergSchema): string {
  const terms = spec.fields.map(({ transform, "source-id": source }) => {
    const name = columns.find(({ id }) => id === source)?.name ?? `column ${source}`;
    if (name === "kafka_timestamp" && transform === "day") return "dt";
    if (name === "kafka_timestamp" && transform === "hour") return "hour";
    const bucket = /^bucket\[(\d+)\]$/.exec(transform);
    if (bucket !== null) return `bucket(${name},${bucket[1]})`;
    return transform === "identity" ? name : `${transform}(${name})`;
  });
  return terms.join(",") || "none";
}

/** @throws {Failure} kind `usage`, when two fields are times of one column */
export function checkSpec({ fields }: PartitionSpec, partitionBy: string): void {
  const times = fields
    .filter(({ transform }) => /^(year|month|day|hour)$/.test(transform))
    .map((field) => field["source-id"]);
  if (new Set(times).size === times.length) return;
  throw new Failure("usage", `--partition-by ${partitionBy}: two time units of one column`, {
    fix: "Keep the finer one: partitions by hour also serve queries by day, month and year.",
  });
}

/**
 * Requires a table to be partitioned as the settings say.
 * @param kind of the failure
 * @throws {Failure} if it is partitioned otherwise
 */
export function requireSpec(
  metadata: TableMetadata,
  { schema, partitionBy }: { schema: RowSchema; partitionBy: string },
  kind: "usage" | "failed",
): void {
  const current = currentSchema(metadata);
  const found = specOf(metadata);
  // By the columns' names: a table of another program may lack some of them.
  const own = newSchema(schema);
  if (specText(partitionSpec(partitionBy, schema, own), own) === specText(found, current)) return;
  throw new Failure(
    kind,
    `table ${schema.table} is partitioned by ${specText(found, current)}, not by ${partitionBy}`,
    { fix: "Set --partition-by to what the table has, or give the schema another table name." },
  );
}
