/** A value of a result. Integers of a local result are bigints. */
export type Value = string | number | bigint | boolean | null;

/** One column of a result. */
export interface ResultColumn {
  name: string;
  /** Its type in the engine's own words, where the engine knows it. */
  type?: string;
}

/** What an answer has cost. */
export interface QueryCost {
  /** Bytes that the engine read. */
  scannedBytes?: number;
  /** Estimated price, in US dollars. */
  dollars?: number;
  /** The engine's own name for this query. */
  id?: string;
}

/** The answer to a query; its rows are read once, page by page. */
export interface QueryResult {
  columns: ResultColumn[];
  /** Rows in order, some at a time. */
  pages: AsyncIterable<Value[][]>;
  cost?: QueryCost;
}

/** Options of {@linkcode QueryEngine.run}. */
export interface RunOptions {
  /** Ends the query; `run`, or the reading of its pages, then throws the signal's reason. */
  signal: AbortSignal;
  /** Called now and then with what is going on, as text for the user. */
  onProgress(text: string): void;
  /** Told things that a user should know once. */
  onNote?(text: string): void;
}

/** Answers SQL about the lake: Athena, or the local engine. */
export interface QueryEngine {
  /** For people: which engine this is. */
  readonly description: string;
  /**
   * Runs one read-only statement.
   * @throws {Failure} kind `usage` when the statement is wrong, `service` when the engine cannot be
   * reached or refuses us, `failed` when the query fails.
   */
  run(sql: string, options: RunOptions): Promise<QueryResult>;
  close(): void;
}
