import { isOfRecord } from "../schema/is_of_record.ts";
import type { RowSchema } from "../schema/schema.ts";
import { describedObject } from "./json_schema_draft.ts";

/**
 * Why no message of a JSON Schema can be a row of the table, a sentence each. A schema that allows further
 * properties is a misfit only where it has none of the columns that a row requires.
 */
export function jsonSchemaMisfits(text: string, schema: RowSchema): string[] {
  const { table, columns, rows, lenient = [] } = schema;
  // The row's properties are not at the top level.
  if (rows !== undefined || lenient.includes("envelope") || lenient.includes("twice")) return [];
  const described = describedObject(text);
  if (described === undefined) return [];
  const byAnyName = lenient.includes("names");
  const plain = (name: string) => byAnyName ? name.toLowerCase() : name;
  const names = new Set(Object.keys(described.properties).map(plain));
  const required = columns.filter((column) => column.required && !isOfRecord(column.from));
  const missing = required.filter(({ wire, name, aliases = [] }) => {
    const own = [wire, wire.split(".")[0], ...(byAnyName ? [name, ...aliases] : [])];
    return !own.some((one) => names.has(plain(one)));
  });
  const fits = described.isClosed ? missing.length === 0 : missing.length < required.length;
  if (fits || missing.length === 0) return [];
  return [`no field for ${missing.map(({ wire }) => wire).join(", ")}, which ${table} requires`];
}
