import type { RowSchema } from "../../schema/schema.ts";
import type { TableCatalog } from "./catalog.ts";
import { changeTable } from "./change_table.ts";
import { type SchemaChange, schemaChange, typeName } from "./iceberg_schema.ts";
import { currentSchema, type TableMetadata } from "./metadata.ts";
import type { TableUpdate } from "./updates.ts";

/** What has to change in a table's metadata before it can take rows of a schema. */
export function schemaChangeOf(metadata: TableMetadata, schema: RowSchema): SchemaChange {
  const schemaId = Math.max(...metadata.schemas.map((known) => known["schema-id"])) + 1;
  return schemaChange(currentSchema(metadata), schema, metadata["last-column-id"], schemaId);
}

/** The updates that make a changed schema the table's. */
export function schemaUpdates(metadata: TableMetadata, { schema }: SchemaChange): TableUpdate[] {
  const lastColumnId = Math.max(
    metadata["last-column-id"],
    ...schema.fields.map(({ id }) => id),
  );
  return [
    { action: "add-schema", schema, "last-column-id": lastColumnId },
    { action: "set-current-schema", "schema-id": -1 },
  ];
}

/** Options of {@linkcode addColumns}. */
export interface AddColumnsOptions {
  catalog: TableCatalog;
  schema: RowSchema;
  signal?: AbortSignal;
}

/**
 * Adds the columns that a table lacks, as optional ones: rows that are there have no value for them. A
 * commit of its own, which writers of the former schema do not notice. Where more would have to change,
 * nothing does.
 * @returns a line for each column that this call added
 */
export async function addColumns(
  { catalog, schema, signal }: AddColumnsOptions,
): Promise<string[]> {
  let lines: string[] = [];
  await changeTable({ catalog, table: schema.table, signal }, ({ metadata }) => {
    const change = schemaChangeOf(metadata, schema);
    const { added, relaxed, refused } = change;
    const isPossible = added.length > 0 && relaxed.length === 0 && refused.length === 0;
    if (!isPossible) return Promise.resolve(undefined);
    lines = added.map(({ name, type }) =>
      `added column ${name}, ${
        typeName(type)
      }, to table ${schema.table}: older rows have no value for it`
    );
    return Promise.resolve(schemaUpdates(metadata, change));
  });
  return lines;
}
