import type { Settings } from "../config/settings.ts";
import { lenientBy } from "../schema/lenience.ts";
import { loadSchema } from "../schema/load_schema.ts";
import type { RowSchema } from "../schema/schema.ts";

/**
 * The schema by which messages are rows or dead letters: what `--lenient` and `--strict-fields` say is
 * part of it.
 * @throws {Failure} kind `usage`
 */
export async function messageSchema(
  settings: Pick<Settings, "schema" | "lenient" | "strictFields">,
  signal?: AbortSignal,
): Promise<RowSchema> {
  const schema = lenientBy(await loadSchema(settings.schema, signal), settings.lenient);
  return settings.strictFields ? { ...schema, strictFields: true } : schema;
}
