import type { Settings } from "../config/settings.ts";
import type { RowSchema } from "../schema/schema.ts";

/** Path of the lake in its bucket, without `/` at its ends. */
export function lakePrefix({ prefix }: Settings): string {
  return prefix.replace(/^\/+|\/+$/g, "");
}

/** Name of the table's crawler. */
export function crawlerName({ crawler }: Settings, { table }: RowSchema): string {
  return crawler ?? `ticklake-${table}`;
}
