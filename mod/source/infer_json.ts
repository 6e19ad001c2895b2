import { parseJson } from "../schema/parse_json.ts";
import { ColumnGuess } from "./infer_column.ts";
import { columnOf, type Guesses, type NamedColumn } from "./infer_guesses.ts";

/** The columns of JSON lines. */
export function guessJson(lines: string[]): Guesses {
  const objects = lines.map(parseJson).filter(isObject);
  const rows = objects.map((object) => new Map(fieldsAtPaths(object, "")));
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const columns: NamedColumn[] = [];
  const left: string[] = [];
  for (const name of names) {
    const values = rows.map((row) => row.get(name));
    if (values.some((value) => typeof value === "boolean" || Array.isArray(value))) {
      left.push(name);
      continue;
    }
    const guess = new ColumnGuess(name);
    for (const value of values) {
      guess.add(value === undefined || value === null ? undefined : String(value));
    }
    columns.push(columnOf(guess));
  }
  const comments = left.length === 0
    ? []
    : [`Left out, as lists and true or false are no column: ${left.join(", ")}.`];
  return { columns, rows: objects.length, about: "", comments };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object's values, those of nested objects by their paths, such as `data.c`. */
function* fieldsAtPaths(
  object: Record<string, unknown>,
  prefix: string,
): Generator<[path: string, value: unknown]> {
  for (const [name, value] of Object.entries(object)) {
    // A name with a dot is no path that could be followed.
    if (isObject(value) && !name.includes(".")) yield* fieldsAtPaths(value, `${prefix}${name}.`);
    else if (!isObject(value)) yield [prefix + name, value];
  }
}
