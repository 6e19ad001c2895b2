import { loadSchema } from "../../../mod/schema/load_schema.ts";
import type { RowSchema } from "../../../mod/schema/schema.ts";

/** The shipped schema. */
export function quotesSchema(): Promise<RowSchema> {
  return loadSchema(undefined);
}
