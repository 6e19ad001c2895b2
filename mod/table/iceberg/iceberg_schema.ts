import { Failure } from "../../failure/failure.ts";
import { sqlName } from "../../schema/reserved_words.ts";
import type { Column, ColumnType, RowSchema } from "../../schema/schema.ts";
import { ORIGIN_COLUMNS } from "../../schema/schema.ts";
import type { IcebergField, IcebergSchema } from "./metadata.ts";

/** Iceberg's name of each column type. */
const TYPES: Readonly<Record<ColumnType, string>> = {
  string: "string",
  date: "date",
  double: "double",
  long: "long",
  timestamp: "timestamptz",
};

/** The column type of a field's; `undefined` for one that only other programs write. */
export function columnType(type: IcebergField["type"]): ColumnType | undefined {
  return (Object.keys(TYPES) as ColumnType[]).find((own) => TYPES[own] === type);
}

/** All columns of a table: the schema's, then where each row came from. */
export function tableColumns(schema: RowSchema): readonly Column[] {
  return [...schema.columns, ...ORIGIN_COLUMNS];
}

/** The schema of a new table; ids are counted from 1. */
export function newSchema(schema: RowSchema): IcebergSchema {
  const fields = tableColumns(schema).map((column, i) => fieldOf(column, i + 1, column.required));
  return { type: "struct", "schema-id": 0, fields };
}

function fieldOf({ name, type, description }: Column, id: number, required: boolean): IcebergField {
  return { id, name, required, type: TYPES[type], ...(description ? { doc: description } : {}) };
}

/** How a table's schema is to change. */
export interface SchemaChange {
  /** Fields to add; existing rows have no value for them. */
  added: IcebergField[];
  /** Fields that become optional. */
  relaxed: string[];
  /** Changes that are not possible, each with the reason. */
  refused: string[];
  /** The schema with all changes, under a new id. */
  schema: IcebergSchema;
}

/**
 * What has to change before a table can take rows of a schema. Columns that the schema does not have
 * (added by another program) stay, and become optional.
 * @param lastColumnId the highest id ever used in the table
 * @param schemaId id of the new schema
 */
export function schemaChange(
  current: IcebergSchema,
  schema: RowSchema,
  lastColumnId: number,
  schemaId: number,
): SchemaChange {
  const wanted = new Map(tableColumns(schema).map((column) => [column.name, column]));
  const known = new Set(current.fields.map(({ name }) => name));
  const refused: string[] = [];
  const relaxed: string[] = [];
  const fields = current.fields.map((field) => {
    const column = wanted.get(field.name);
    const type = column && TYPES[column.type];
    if (type !== undefined && field.type !== type) {
      refused.push(
        `column ${sqlName(field.name)} is ${
          typeName(field.type)
        } in the table and would become ${type}`,
      );
    }
    if (!field.required || column?.required === true) return field;
    relaxed.push(field.name);
    return { ...field, required: false };
  });
  let id = lastColumnId;
  const added = [...wanted.values()]
    .filter(({ name }) => !known.has(name))
    .map((column) => fieldOf(column, ++id, false));
  return {
    added,
    relaxed,
    refused,
    schema: { ...current, "schema-id": schemaId, fields: [...fields, ...added] },
  };
}

/** A type for messages. */
export function typeName(type: IcebergField["type"]): string {
  return typeof type === "string" ? type : String(type.type);
}

/**
 * Ids of the columns that rows of a schema have, by name.
 * @throws {Failure} kind `failed`, when the table lacks one; `usage`, when it has one with another type
 */
export function fieldIds(
  table: string,
  current: IcebergSchema,
  schema: RowSchema,
): Map<string, number> {
  const change = schemaChange(current, schema, 0, 0);
  const missing = change.added.map(({ name }) => `column ${sqlName(name)} is not in the table`);
  const found = [
    ...change.refused,
    ...missing,
    ...change.relaxed.map((name) => `column ${sqlName(name)} is required in the table`),
  ];
  if (found.length > 0) {
    const isRefused = change.refused.length > 0;
    const kind = isRefused ? "usage" : "failed";
    throw new Failure(kind, `table ${table} does not fit the schema: ${found.join("; ")}`, {
      fix: isRefused
        ? "Give the schema another table name: rows that are there stay as they are."
        : "Run setup-catalog with this schema: it adds columns, and makes those optional that rows " +
          "may lack from now on.",
    });
  }
  const names = new Set(tableColumns(schema).map(({ name }) => name));
  return new Map(
    current.fields.filter(({ name }) => names.has(name)).map(({ name, id }) => [name, id]),
  );
}
