import { Failure } from "../../failure/failure.ts";
import type { RowSchema } from "../../schema/schema.ts";
import { schemaChangeOf, schemaUpdates } from "./add_columns.ts";
import type { TableCatalog } from "./catalog.ts";
import { createTable } from "./create_table.ts";
import { newSchema, typeName } from "./iceberg_schema.ts";
import { currentSchema, type IcebergSchema, specOf, type TableMetadata } from "./metadata.ts";
import { newTable } from "./new_table.ts";
import { checkSpec, partitionSpec, requireSpec, specText } from "./partition_spec.ts";
import type { TableFiles } from "./table_files.ts";
import { requireHere, requireOurs } from "./whose_table.ts";

/** What {@linkcode setUpTable} needs. */
export interface SetUpOptions {
  catalog: TableCatalog;
  files: TableFiles;
  schema: RowSchema;
  partitionBy: string;
  /** Only say what would be done. */
  dryRun: boolean;
}

/** What became of the table, or would. */
export interface TableSetUp {
  state: "created" | "updated" | "unchanged";
  /** What was another before, a line each. */
  changes: string[];
  columns: Array<{ name: string; type: string }>;
  /** As `--partition-by` has it. */
  partitionedBy: string;
}

/**
 * Creates the table, or updates its columns to the schema. Safe to repeat, and while others write.
 * @throws {Failure} kind `failed`, for a change that rows which are there cannot follow
 */
export async function setUpTable(options: SetUpOptions): Promise<TableSetUp> {
  const { catalog, files, schema, partitionBy, dryRun } = options;
  for (;;) {
    const base = await catalog.load();
    if (base === undefined) {
      const tableSchema = newSchema(schema);
      const spec = partitionSpec(partitionBy, schema, tableSchema);
      checkSpec(spec, partitionBy);
      const made = newTable({ location: files.location, schema: tableSchema, spec });
      if (!dryRun && !(await createTable({ catalog, files, table: schema.table }, made)).isNew) {
        continue;
      }
      return { state: "created", changes: [], ...described(tableSchema, made) };
    }
    requireOurs(base, { catalog, table: schema.table });
    await requireHere(base, files);
    const { metadata } = base;
    const current = currentSchema(metadata);
    requireSpec(metadata, options, "failed");
    const change = schemaChangeOf(metadata, schema);
    if (change.refused.length > 0) {
      throw new Failure(
        "failed",
        `table ${schema.table} cannot be changed: ${change.refused.join("; ")}`,
        { fix: "Give the schema another table name: rows are never rewritten." },
      );
    }
    const changes = [
      ...change.added.map(({ name, type }) => `column ${name}: added, ${typeName(type)}`),
      ...change.relaxed.map((name) => `column ${name}: rows may lack it from now on`),
    ];
    if (changes.length === 0) {
      return { state: "unchanged", changes, ...described(current, metadata) };
    }
    if (!dryRun && !await catalog.commit(base, schemaUpdates(metadata, change))) continue;
    return { state: "updated", changes, ...described(change.schema, metadata) };
  }
}

function described(schema: IcebergSchema, metadata: TableMetadata) {
  return {
    columns: schema.fields.map(({ name, type }) => ({ name, type: typeName(type) })),
    partitionedBy: specText(specOf(metadata), schema),
  };
}
