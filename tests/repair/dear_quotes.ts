import type { RowSchema } from "../../mod/schema/schema.ts";
import { quotes } from "../sink/run_sink.ts";

/** The schema of the shipped quotes, by which those with a larger close are dead letters. */
export function closeAtMost(max: number): RowSchema {
  const columns = quotes.columns.map((column) =>
    column.name === "close" ? { ...column, max } : column
  );
  return { ...quotes, columns };
}
