import { Failure } from "../failure/failure.ts";
import { EPOCHS } from "./date_pattern.ts";
import type { RowSchema } from "./schema.ts";

/** What a message may be besides the JSON object that producers of ours write, and what each word allows. */
export const LENIENCES = {
  numbers: "numbers as text, in the formats allowed in files",
  names: "names in any case, lake names and aliases",
  nan: "NaN and Infinity, as Python writes them: read as NULL",
  ...Object.fromEntries(
    Object.keys(EPOCHS).map((word) => [word, `dates as numbers: ${word.slice(6)} since 1970`]),
  ),
  envelope: "Kafka Connect's envelope of schema and payload",
  twice: "a JSON text in a JSON text",
  csv: "a line of CSV with the columns in the schema's order",
} as Readonly<Record<string, string>>;

/**
 * The schema with more lenience.
 * @param words of {@linkcode LENIENCES}, separated by commas; absent: the schema's own
 * @throws {Failure} kind `usage`, for an unknown word
 */
export function lenientBy(schema: RowSchema, words: string | undefined): RowSchema {
  if (words === undefined) return schema;
  const given = words.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const unknown = given.find((word) => !Object.hasOwn(LENIENCES, word));
  if (unknown !== undefined) {
    throw new Failure("usage", `--lenient: unknown word ${JSON.stringify(unknown)}`, {
      fix: `The words are ${Object.keys(LENIENCES).join(", ")}.`,
    });
  }
  return { ...schema, lenient: [...new Set([...schema.lenient ?? [], ...given])].sort() };
}
