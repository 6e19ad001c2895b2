/// <reference lib="deno.worker" />
/** The query's thread: one statement at a time, page by page, on request. */
import { Failure } from "../../failure/failure.ts";
import type { Value } from "../engine.ts";
import { explainSqliteError } from "./explain_sqlite_error.ts";
import { buffersOf, packPage } from "./packed_page.ts";
import type { QueryRequest, QueryResponse } from "./query_messages.ts";
import { ReadConnection } from "./read_connection.ts";

/** The statement that is open. */
let statement: { connection: ReadConnection; pages: Iterator<Value[][]>; sql: string } | undefined;

self.onmessage = ({ data }: MessageEvent<QueryRequest>) => {
  try {
    const response = answer(data);
    self.postMessage(response, response.kind === "page" ? buffersOf(response.page) : []);
  } catch (error) {
    close();
    self.postMessage(asResponse(error));
  }
};

function answer(request: QueryRequest): QueryResponse {
  switch (request.kind) {
    case "open":
      return open(request);
    case "next": {
      if (statement === undefined) return { kind: "end" };
      const { connection, pages, sql } = statement;
      const page = explained(connection, sql, () => pages.next());
      if (!page.done) return { kind: "page", page: packPage(page.value) };
      close();
      return { kind: "end" };
    }
    case "close":
      close();
      return { kind: "end" };
  }
}

function open({ path, sql, stop }: QueryRequest & { kind: "open" }): QueryResponse {
  close();
  const connection = new ReadConnection(path, stop);
  try {
    const { columns, pages } = explained(connection, sql, () => connection.read(sql));
    statement = { connection, pages: pages(), sql };
    return { kind: "columns", columns };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function explained<T>(connection: ReadConnection, sql: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainSqliteError(error, connection, sql);
  }
}

function close(): void {
  const closing = statement;
  statement = undefined;
  closing?.connection.close();
}

function asResponse(error: unknown): QueryResponse {
  if (error instanceof Failure) {
    return { kind: "failure", failure: error.kind, message: error.message, fix: error.fix };
  }
  return { kind: "defect", message: String(error instanceof Error ? error.stack : error) };
}
