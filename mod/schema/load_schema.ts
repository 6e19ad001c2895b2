import builtIn from "../../data/index_quotes.schema.json" with { type: "json" };
import { Failure, messageOf } from "../failure/failure.ts";
import { readSchema } from "./read_schema.ts";
import type { RowSchema } from "./schema.ts";

const FIX =
  "data/index_quotes.schema.json in the source is an example; without --schema it is the schema.";

/**
 * The schema of the rows: the one in a JSON file, else the built-in one of index quotes.
 * @throws {Failure} kind `usage`, naming the file and each mistake in it
 */
export async function loadSchema(path?: string): Promise<RowSchema> {
  if (path === undefined) return accepted(builtIn, "the built-in schema");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw new Failure("usage", `schema ${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: "Name a readable file with --schema.",
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Failure("usage", `schema ${path} is not JSON: ${messageOf(cause)}`, {
      cause,
      fix: FIX,
    });
  }
  return accepted(json, `schema ${path}`);
}

function accepted(json: unknown, source: string): RowSchema {
  const { schema, mistakes } = readSchema(json);
  if (schema !== null) return schema;
  const list = mistakes.map((mistake) => `\n  ${mistake}`).join("");
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  throw new Failure("usage", `${source} has ${count}:${list}`, { fix: FIX });
}
