import { Failure } from "../failure/failure.ts";
import type { RowSchema } from "./schema.ts";

/**
 * The schema with another key.
 * @param words wire or lake names of columns, separated by commas, or `none`; absent: the schema's own
 * @throws {Failure} kind `usage`, when there is no such column
 */
export function keyedBy(schema: RowSchema, words: string | undefined): RowSchema {
  if (words === undefined) return schema;
  if (words === "none") return { ...schema, key: [] };
  const key = words.split(",").map((word) => {
    const name = word.trim().toLowerCase();
    const column = schema.columns.find(({ wire, name: own }) =>
      wire.toLowerCase() === name || own === name
    );
    if (column !== undefined) return column.wire;
    const known = schema.columns.map(({ wire }) => wire).join(", ");
    throw new Failure(
      "usage",
      `--key: no column ${JSON.stringify(word)}; the columns are ${known}`,
      {
        fix: "Name columns of the schema, separated by commas, or none.",
      },
    );
  });
  return { ...schema, key };
}
