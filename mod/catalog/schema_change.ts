import type { Column } from "../schema/schema.ts";
import { STORE_TYPES } from "../schema/types.ts";

/** A column as a catalog knows it. */
export interface CatalogColumn {
  name: string;
  /** Type in Glue's words: `string`, `date`, `double`, `bigint`, `timestamp`. */
  type: string;
}

/** How a table's columns are to change. */
export interface ColumnChanges {
  /** One line for each change, for people. */
  texts: string[];
  /** Those that old objects cannot follow, each with the reason. */
  refused: string[];
}

/** Columns in the catalog's types. */
export function catalogColumns(columns: readonly Column[]): CatalogColumn[] {
  return columns.map(({ name, type }) => ({ name, type: STORE_TYPES[type].glue }));
}

/**
 * Compares a table's columns with those that it should have. A column that is added is null in the
 * objects that were written before. Objects are never rewritten, so a column that gets another type,
 * or vanishes, would leave the old ones unreadable, or hide what they hold.
 */
export function columnChanges(
  before: readonly CatalogColumn[],
  after: readonly CatalogColumn[],
): ColumnChanges {
  const old = new Map(before.map(({ name, type }) => [name, type]));
  const now = new Map(after.map(({ name, type }) => [name, type]));
  const texts: string[] = [];
  const refused: string[] = [];
  for (const { name, type } of after) {
    const had = old.get(name);
    if (had === undefined) texts.push(`column ${name}: added, ${type}`);
    else if (had.toLowerCase() !== type) {
      texts.push(`column ${name}: ${had} -> ${type}`);
      refused.push(
        `column ${name} is ${had} in the objects that are there, and would become ${type}`,
      );
    }
  }
  for (const { name, type } of before) {
    if (now.has(name)) continue;
    texts.push(`column ${name}: removed, ${type}`);
    refused.push(`column ${name} (${type}) is in the objects that are there, and would be hidden`);
  }
  return { texts, refused };
}
