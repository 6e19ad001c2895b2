import { tableColumns } from "../catalog/lake_table.ts";
import { sqlName } from "../schema/reserved_words.ts";
import type { RowSchema } from "../schema/schema.ts";

const KEYWORDS =
  "SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT JOIN LEFT ON AS AND OR NOT IN IS NULL BETWEEN LIKE CASE WHEN THEN ELSE END DISTINCT WITH UNION ALL OVER PARTITION DESC ASC DATE CAST"
    .split(" ");

const FUNCTIONS =
  "count sum avg min max round abs max_by min_by stddev corr date_trunc date_diff date_add date_format year month day lag lead row_number coalesce approx_percentile"
    .split(" ");

const COMMANDS = [
  ".help",
  ".tables",
  ".schema",
  ".examples",
  ".run",
  ".format",
  ".wide",
  ".timing",
  ".quit",
];

/** Completions for the word before the cursor: the table, its columns, functions, SQL keywords. */
export function completeSql(
  before: string,
  schema: RowSchema,
  partitionColumns: readonly string[] = [],
): { word: string; candidates: string[] } {
  const word = /[\w".\\]*$/.exec(before)![0];
  if (before.startsWith(".")) {
    return { word, candidates: COMMANDS.filter((name) => name.startsWith(before)) };
  }
  if (word === "") return { word, candidates: [] };
  const bare = word.replace(/^"/, "").toLowerCase();
  const columns = [...tableColumns(schema).map(({ name }) => name), ...partitionColumns];
  const names = [schema.table, ...columns].map(sqlName);
  const starts = (name: string) => name.replace(/^"/, "").toLowerCase().startsWith(bare);
  const upper = word === word.toUpperCase();
  const candidates = [
    ...names.filter(starts),
    ...FUNCTIONS.filter(starts).map((name) => `${name}(`),
    ...KEYWORDS.filter(starts).map((name) => upper ? name : name.toLowerCase()),
  ];
  return { word, candidates: [...new Set(candidates)] };
}
