import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  type Row,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from "@aws-sdk/client-athena";
import { type Api, isNamed, openApi } from "../../aws/api.ts";
import { explainRefusal } from "../../aws/explain_refusal.ts";
import { sleep } from "../../wait/sleep.ts";
import { sizeText } from "../../terminal/amount_text.ts";
import { messageOf } from "../../failure/failure.ts";
import { queryFailure } from "./athena_failure.ts";
import { athenaRow } from "./athena_values.ts";
import type { QueryEngine, QueryResult, ResultColumn, RunOptions, Value } from "../engine.ts";
import { athenaDollars } from "../../aws/prices.ts";

type AthenaApi = Api<AthenaClient>;

/** Milliseconds between polls of a running query: short ones are noticed soon, long ones cost little. */
const FIRST_POLL_MS = 150;
const LONGEST_POLL_MS = 2000;

/** Options of {@linkcode openAthenaEngine}. */
export interface AthenaEngineOptions {
  database: string;
  workgroup: string;
  /** Where results go, `s3://BUCKET/PATH/`; `undefined`: as the workgroup says. */
  output?: string;
  /** Where results go when neither `output` nor the workgroup says. */
  fallbackOutput: string;
}

/** Opens Athena as the SQL engine. */
export function openAthenaEngine(options: AthenaEngineOptions): QueryEngine {
  const athena = openApi((client) => new AthenaClient(client), { service: "athena" });
  return {
    description: `Athena, database ${options.database}, workgroup ${options.workgroup}`,
    run: (sql, run) =>
      runQuery(athena, sql, options, run).catch((error) => {
        throw explainRefusal(error);
      }),
    close: () => athena.close(),
  };
}

async function runQuery(
  athena: AthenaApi,
  sql: string,
  options: AthenaEngineOptions,
  run: RunOptions,
): Promise<QueryResult> {
  run.signal.throwIfAborted();
  const id = await start(athena, sql, options, run);
  const execution = await finished(athena, id, run);
  const { columns, pages } = await openResults(athena, id, execution, run.signal);
  const scannedBytes = execution.Statistics?.DataScannedInBytes ?? 0;
  return { columns, pages, cost: { id, scannedBytes, dollars: athenaDollars(scannedBytes) } };
}

async function start(
  athena: AthenaApi,
  sql: string,
  options: AthenaEngineOptions,
  { onNote }: RunOptions,
): Promise<string> {
  const send = async (output: string | undefined) => {
    const { QueryExecutionId } = await athena.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        QueryExecutionContext: { Catalog: "AwsDataCatalog", Database: options.database },
        WorkGroup: options.workgroup,
        ...output !== undefined && { ResultConfiguration: { OutputLocation: output } },
      }),
    );
    return QueryExecutionId!;
  };
  try {
    return await send(options.output);
  } catch (error) {
    const nowhere = isNamed(error, "InvalidRequestException") &&
      /output location|outputLocation/i.test(messageOf(error));
    if (!nowhere || options.output !== undefined) throw queryFailure(error, sql);
    onNote?.(
      `workgroup ${options.workgroup} has no result location: results go to ${options.fallbackOutput} ` +
        "(TICKLAKE_ATHENA_OUTPUT sets another)",
    );
    return await send(options.fallbackOutput).catch((error) => {
      throw queryFailure(error, sql);
    });
  }
}

/** Waits for the query's end; when the signal aborts, the query is cancelled. */
async function finished(
  athena: AthenaApi,
  id: string,
  { signal, onProgress }: RunOptions,
): Promise<QueryExecution> {
  const begin = performance.now();
  let pause = FIRST_POLL_MS;
  try {
    for (;;) {
      const { QueryExecution: execution } = await athena.send(
        new GetQueryExecutionCommand({ QueryExecutionId: id }),
        { abortSignal: signal },
      );
      const { Status, Statistics } = execution!;
      if (Status?.State === "SUCCEEDED") return execution!;
      if (Status?.State === "FAILED" || Status?.State === "CANCELLED") {
        throw queryFailure(Status, execution!.Query ?? "", id);
      }
      const scanned = sizeText(Statistics?.DataScannedInBytes ?? 0);
      const seconds = Math.round((performance.now() - begin) / 1000);
      onProgress(`Athena: ${Status?.State?.toLowerCase()}, ${seconds} s, ${scanned} scanned`);
      await sleep(pause, signal);
      pause = Math.min(pause * 1.5, LONGEST_POLL_MS);
    }
  } catch (error) {
    if (signal.aborted) {
      await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    }
    throw error;
  }
}

/**
 * Whether the first row is the columns' names: always of a SELECT; of SHOW, DESCRIBE and EXPLAIN only
 * of some.
 */
function beginsWithNames(rows: readonly Row[] = [], columns: readonly ResultColumn[]): boolean {
  const [{ Data = [] } = {}] = rows;
  return Data.length > 0 && columns.every(({ name }, c) => Data[c]?.VarCharValue === name);
}

async function openResults(
  athena: AthenaApi,
  id: string,
  { StatementType }: QueryExecution,
  signal: AbortSignal,
): Promise<Pick<QueryResult, "columns" | "pages">> {
  const read = (NextToken?: string) =>
    athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: id, NextToken, MaxResults: 1000 }),
      { abortSignal: signal },
    );
  const first = await read();
  const columns = (first.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [])
    .map(({ Name, Type }) => ({ name: Name ?? "", type: Type ?? "varchar" }));
  const pages = async function* (): AsyncGenerator<Value[][]> {
    let page = first;
    let skip = StatementType === "DML" || beginsWithNames(first.ResultSet?.Rows, columns) ? 1 : 0;
    for (;;) {
      const rows = (page.ResultSet?.Rows ?? []).slice(skip);
      skip = 0;
      yield rows.map(({ Data = [] }) => athenaRow(Data, columns));
      if (!page.NextToken) return;
      page = await read(page.NextToken);
    }
  };
  return { columns, pages: pages() };
}
