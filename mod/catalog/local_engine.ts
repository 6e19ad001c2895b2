import type { StatementSync } from "node:sqlite";
import type { LakeStore } from "../lake/store.ts";
import type { RowSchema } from "../schema/schema.ts";
import type { QueryEngine, QueryResult, RunOptions, Value } from "./engine.ts";
import { syncLake } from "./lake_sync.ts";
import { LocalCatalog } from "./local_catalog.ts";
import { explainSqliteError } from "./explain_sqlite_error.ts";
import { refuseOtherDialect } from "./other_dialect.ts";
import { ReadConnection } from "./read_connection.ts";

/** Rows of a page: few enough that the first ones are printed at once. */
const PAGE_ROWS = 1000;

/** Options of {@linkcode openLocalEngine}. */
export interface LocalEngineOptions {
  /** The SQLite file of the lake's local catalog. */
  path: string;
  lake: LakeStore;
  schema: RowSchema;
  /** Hive partition columns of a lake without objects. */
  partitionColumns?: readonly string[];
}

/** The SQL engine without AWS: SQLite over a copy of the lake's rows, brought up to date by each run. */
export async function openLocalEngine(options: LocalEngineOptions): Promise<QueryEngine> {
  const { path, lake, schema } = options;
  const catalog = await LocalCatalog.open(path, schema);
  return {
    description: `SQLite over ${lake.description}`,
    async run(sql, run) {
      refuseOtherDialect(sql);
      const { objects } = await syncLake(catalog, lake, schema, run);
      if (objects === 0) catalog.addPartitionColumns(options.partitionColumns ?? []);
      run.onBlocking?.();
      return runReadOnly(path, sql, run);
    },
    close: () => catalog.close(),
  };
}

function runReadOnly(path: string, sql: string, { signal }: RunOptions): QueryResult {
  const connection = new ReadConnection(path);
  try {
    const statement = connection.prepare(sql);
    const columns = statement.columns().map(({ name, type }) => ({
      name,
      type: type ?? undefined,
    }));
    return { columns, pages: pagesOf(connection, statement, sql, signal) };
  } catch (error) {
    const failure = explainSqliteError(error, connection, sql);
    connection.close();
    throw failure;
  }
}

async function* pagesOf(
  connection: ReadConnection,
  statement: StatementSync,
  sql: string,
  signal: AbortSignal,
): AsyncGenerator<Value[][]> {
  try {
    let page: Value[][] = [];
    for (const row of statement.iterate()) {
      page.push(row as unknown as Value[]);
      if (page.length < PAGE_ROWS) continue;
      signal.throwIfAborted();
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  } catch (error) {
    throw signal.aborted ? error : explainSqliteError(error, connection, sql);
  } finally {
    connection.close();
  }
}
