import type { Settings } from "../config/settings.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { TableVerdict, VerifyOptions } from "../verify/verify.ts";
import { openIceberg } from "./open_iceberg.ts";

/** Verifies the Iceberg table that the settings name. */
export async function checkIceberg(
  options: VerifyOptions,
  settings: Settings,
  schema: RowSchema,
): Promise<TableVerdict> {
  const { verifyIceberg } = await import("../verify/verify_iceberg.ts");
  const iceberg = await openIceberg(settings, schema, options.store);
  try {
    const partitions = await verifyIceberg({ ...options, ...iceberg });
    return { partitions, forms: [], types: [], superseded: [], isMerging: false };
  } finally {
    iceberg.catalog.close();
  }
}
