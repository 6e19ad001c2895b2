import { SHIPPED_SCHEMAS } from "./shipped_schemas.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { readSchema } from "./read_schema.ts";
import type { RowSchema } from "./schema.ts";

const FIX =
  "`ticklake schema reference` describes the format, `ticklake schema show` prints an example.";

/** The schema without --schema. */
const DEFAULT = "index_quotes";

/**
 * The schema of the rows: a shipped one by its name, or the one in a JSON file; without either that of
 * index quotes. Lines of the file that begin with `//` are comments.
 * @throws {Failure} kind `usage`, naming the file and each mistake in it
 */
export async function loadSchema(path?: string): Promise<RowSchema> {
  const shipped = SHIPPED_SCHEMAS.get(path ?? DEFAULT);
  if (shipped !== undefined) return accepted(shipped, `the shipped schema ${path ?? DEFAULT}`);
  return await readSchemaFile(path!);
}

async function readSchemaFile(path: string): Promise<RowSchema> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw new Failure("usage", `schema ${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: `Name a readable file with --schema, or a shipped schema: ${
        [...SHIPPED_SCHEMAS.keys()].join(", ")
      }.`,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(withoutComments(text));
  } catch (cause) {
    throw new Failure("usage", `schema ${path} is not JSON: ${messageOf(cause)}`, {
      cause,
      fix: FIX,
    });
  }
  return accepted(json, `schema ${path}`);
}

/** Comment lines become empty, so that the numbers of the others stay. */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*\/\/.*$/gm, "");
}

function accepted(json: unknown, source: string): RowSchema {
  const { schema, mistakes } = readSchema(json);
  if (schema !== null) return schema;
  const list = mistakes.map((mistake) => `\n  ${mistake}`).join("");
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  throw new Failure("usage", `${source} has ${count}:${list}`, { fix: FIX });
}
