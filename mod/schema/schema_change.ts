import { Failure } from "../failure/failure.ts";
import type { Column } from "./schema.ts";
import { STORE_TYPES } from "./types.ts";
import { sqlName } from "./reserved_words.ts";

/** A column as a catalog knows it. */
export interface CatalogColumn {
  name: string;
  /** Type in Glue's words: `string`, `date`, `double`, `bigint`, `timestamp`. */
  type: string;
}

/** How a table's columns are to change. */
export interface ColumnChanges {
  /** Columns to add; they are null in the objects that were written before. */
  added: CatalogColumn[];
  /** Columns that only the old objects have. */
  removed: CatalogColumn[];
  /** Changes that the old objects cannot follow, each with the reason. */
  refused: string[];
}

/** Columns in the catalog's types. */
export function catalogColumns(columns: readonly Column[]): CatalogColumn[] {
  return columns.map(({ name, type }) => ({ name, type: STORE_TYPES[type].glue }));
}

/**
 * Compares a table's columns with those that it should have. Objects are never rewritten, so a column
 * that gets another type would leave the old ones unreadable.
 */
export function columnChanges(
  before: readonly CatalogColumn[],
  after: readonly CatalogColumn[],
): ColumnChanges {
  const old = new Map(before.map(({ name, type }) => [name, type.toLowerCase()]));
  const now = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name }) => !old.has(name)),
    removed: before.filter(({ name }) => !now.has(name)),
    refused: after
      .filter(({ name, type }) => old.has(name) && old.get(name) !== type)
      .map(({ name, type }) =>
        `column ${sqlName(name)} is ${
          old.get(name)
        } in the existing objects, and would become ${type}`
      ),
  };
}

/** Changes of columns, a line each for the user. */
export function describeChanges({ added, removed }: ColumnChanges): string[] {
  return [
    ...added.map(({ name, type }) => `column ${sqlName(name)}: added, ${type}`),
    ...removed.map(({ name, type }) => `column ${sqlName(name)}: removed, ${type}`),
  ];
}

/**
 * Refuses a change that the objects which are there cannot follow.
 * @throws {Failure} kind `failed`, with each reason
 */
export function requireCompatible(table: string, refused: readonly string[]): void {
  if (refused.length === 0) return;
  throw new Failure("failed", `table ${table} cannot be changed: ${refused.join("; ")}`, {
    fix:
      "Objects are never rewritten: give the schema another table name, or --delete the catalog when all objects of the lake fit the new schema.",
  });
}
