import type { LakeStore } from "../../lake/store.ts";
import type { RowSchema } from "../../schema/schema.ts";
import type { QueryEngine, QueryResult, Value } from "../engine.ts";
import { syncLake } from "./lake_sync.ts";
import { LocalCatalog } from "./local_catalog.ts";
import { explainSqliteError } from "./explain_sqlite_error.ts";
import { inLocalDialect } from "./other_dialect.ts";
import { ReadConnection } from "./read_connection.ts";

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
      const { objects } = await syncLake(catalog, lake, schema, run);
      if (objects === 0) catalog.addPartitionColumns(options.partitionColumns ?? []);
      run.onBlocking?.();
      return runReadOnly(path, inLocalDialect(sql), run.signal);
    },
    close: () => catalog.close(),
  };
}

/** Runs a statement on a connection that cannot write. */
function runReadOnly(path: string, sql: string, signal: AbortSignal): QueryResult {
  const connection = new ReadConnection(path);
  try {
    const { columns, pages } = connection.read(sql);
    return { columns, pages: pagesOf(connection, pages(), sql, signal) };
  } catch (error) {
    const failure = explainSqliteError(error, connection, sql);
    connection.close();
    throw failure;
  }
}

async function* pagesOf(
  connection: ReadConnection,
  pages: Iterator<Value[][]>,
  sql: string,
  signal: AbortSignal,
): AsyncGenerator<Value[][]> {
  const next = () => {
    try {
      return pages.next();
    } catch (error) {
      throw explainSqliteError(error, connection, sql);
    }
  };
  try {
    for (let page = next(); !page.done; page = next()) {
      signal.throwIfAborted();
      yield page.value;
    }
  } finally {
    connection.close();
  }
}
