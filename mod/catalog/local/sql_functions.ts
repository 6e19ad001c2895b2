import type { DatabaseSync } from "node:sqlite";
import { defineAggregates } from "./aggregates.ts";
import { defineCasts } from "./cast.ts";
import { defineDateFunctions } from "./date_functions.ts";
import { defineNumberFunctions } from "./number_functions.ts";
import { defineStatistics } from "./statistics.ts";
import { defineTextFunctions } from "./text_functions.ts";

/**
 * Functions of Athena that SQLite lacks or has otherwise, with the same names, arguments and results, so
 * that one text of SQL runs on both. Compared with Trino's in tests/trino/sql_functions_test.ts.
 */
export function defineFunctions(db: DatabaseSync): void {
  defineDateFunctions(db);
  defineTextFunctions(db);
  defineNumberFunctions(db);
  defineCasts(db);
  defineAggregates(db);
  defineStatistics(db);
}
