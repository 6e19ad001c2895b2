import type { QueryEngine, Value } from "../../mod/catalog/engine.ts";
import { openLocalEngine } from "../../mod/catalog/local/local_engine.ts";
import type { LakeStore } from "../../mod/lake/store.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";

/** All rows of an answer. */
export async function rowsOf(
  engine: QueryEngine,
  sql: string,
  signal = new AbortController().signal,
): Promise<Value[][]> {
  const { pages } = await engine.run(sql, { signal, onProgress() {} });
  const rows: Value[][] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

/** Asks the local engine one question, as a `query` on its own would. */
export async function ask(
  { catalog, lake }: { catalog: string; lake: LakeStore },
  sql: string,
  schema?: RowSchema,
): Promise<Value[][]> {
  const engine = await openLocalEngine({
    path: catalog,
    lake,
    schema: schema ?? await loadSchema(),
    partitionColumns: ["dt"],
  });
  try {
    return await rowsOf(engine, sql);
  } finally {
    engine.close();
  }
}
