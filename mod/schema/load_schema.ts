import { SHIPPED_SCHEMAS } from "./shipped_schemas.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { readText } from "../files/read_text.ts";
import { readSchema } from "./read_schema.ts";
import type { RowSchema } from "./schema.ts";

const FIX =
  "`ticklake schema reference` describes the format, `ticklake schema show` prints an example.";

/** The schema without --schema. */
const DEFAULT = "index_quotes";

/** What was read from pipes, by path: `<(command)` can be read once, and is asked for more than once. */
const piped = new Map<string, string>();

/**
 * The schema of the rows: a shipped one by its name, or the one in a JSON file; without either that of
 * index quotes. Lines of the file that begin with `//` are comments.
 * @param signal ends the reading; its reason is then thrown
 * @throws {Failure} kind `usage`, naming the file and each mistake in it
 */
export async function loadSchema(path?: string, signal?: AbortSignal): Promise<RowSchema> {
  const shipped = SHIPPED_SCHEMAS.get(path ?? DEFAULT);
  if (shipped !== undefined) return accepted(shipped, `the shipped schema ${path ?? DEFAULT}`);
  return await readSchemaFile(path!, signal);
}

async function readSchemaFile(path: string, signal?: AbortSignal): Promise<RowSchema> {
  let text: string;
  try {
    text = piped.get(path) ?? await readText(path, signal);
    if (!Deno.statSync(path).isFile) piped.set(path, text);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
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
