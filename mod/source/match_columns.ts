import type { Column } from "../schema/schema.ts";

/** Which field belongs to which column. */
export interface MatchedColumns {
  /** For each column the index of its field, or -1. */
  fieldOf: number[];
  /** Wire names of the columns that more than one field matches equally well. */
  repeated: string[];
}

/** The ways in which a name can match a column, the best first; the aliases come last. */
function waysOf(
  columns: readonly Column[],
): Array<(column: Column, name: string) => boolean> {
  const mostAliases = Math.max(0, ...columns.map(({ aliases = [] }) => aliases.length));
  return [
    ({ wire }, name) => name === wire,
    ({ wire }, name) => plain(name) === plain(wire),
    (column, name) => plain(name) === plain(column.name),
    ...Array.from(
      { length: mostAliases },
      (_, i) => ({ aliases = [] }: Column, name: string) =>
        aliases[i] !== undefined && plain(aliases[i]) === plain(name),
    ),
  ];
}

/**
 * Finds the schema's columns among names: by wire name, by wire name without regard to case and
 * surrounding space, by the lake's name, by alias in the order of the aliases. A name belongs to one
 * column, the one that it matches best.
 */
export function matchColumns(columns: readonly Column[], names: readonly string[]): MatchedColumns {
  const fieldOf = columns.map(() => -1);
  const taken = new Set<number>();
  const repeated: string[] = [];
  for (const fits of waysOf(columns)) {
    columns.forEach((column, c) => {
      if (fieldOf[c] !== -1) return;
      const fields = names.flatMap((name, i) => !taken.has(i) && fits(column, name) ? [i] : []);
      if (fields.length === 0) return;
      if (fields.length > 1) repeated.push(column.wire);
      fieldOf[c] = fields[0];
      fields.forEach((field) => taken.add(field));
    });
  }
  return { fieldOf, repeated };
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}
