import type { RowSchema } from "../schema/schema.ts";

/** Finds a message's first field that is no column, and no part of a path to one. */
export function unknownFieldFinder(
  { columns, lenient = [] }: RowSchema,
): (fields: Record<string, unknown>) => string | undefined {
  const byAnyName = lenient.includes("names");
  const known = new Set(
    columns.flatMap(({ wire, name, aliases = [] }) => [
      wire,
      wire.split(".")[0],
      ...(byAnyName ? [wire, name, ...aliases].map((other) => other.toLowerCase()) : []),
    ]),
  );
  return (fields) => {
    for (const name in fields) {
      if (!known.has(name) && !(byAnyName && known.has(name.trim().toLowerCase()))) return name;
    }
    return undefined;
  };
}
