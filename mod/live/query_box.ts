import type { QueryEngine, Value } from "../catalog/engine.ts";
import { exampleQueries } from "../catalog/example_queries.ts";
import { readOnlyStatement } from "../catalog/statement.ts";
import { messageOf } from "../failure/failure.ts";
import { fixOf } from "../failure/fix_of.ts";
import type { RowSchema } from "../schema/schema.ts";
import { abortable } from "../wait/abortable.ts";

/** Rows of an answer that are sent; `ticklake query` prints all of them. */
const MOST_ROWS = 1000;

/** Characters of a string value that are sent. */
const MOST_CHARACTERS = 2000;

/** Maximum number of queued statements; the engine runs one at a time. */
const MOST_WAITING = 8;

/** Milliseconds between two keep-alive comments; writing one detects a client that has disconnected. */
const ALIVE_MS = 500;

/** Options of {@linkcode QueryBox}. */
export interface QueryBoxOptions {
  /** Opens the engine; called for the first statement, and again after it failed. */
  open: () => Promise<QueryEngine>;
  schema: RowSchema;
  /** Ends all statements. */
  signal: AbortSignal;
}

/** One event of an answer, in the order in which they come. */
export type QueryEvent =
  /** Progress, as text for the user. */
  | { progress: string }
  | { columns: string[] }
  | { rows: unknown[][] }
  /** The end of an answer: rows that were sent, seconds, and whether there are more rows. */
  | { done: { rows: number; seconds: number; more: boolean } }
  /** The end of a query that failed, with the same text as in the terminal. */
  | { error: { message: string; fix?: string } };

/** Runs read-only statements for the page: one at a time, within the engine's limits. */
export class QueryBox {
  readonly #options: QueryBoxOptions;
  #engine: Promise<QueryEngine> | undefined;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: QueryBoxOptions) {
    this.#options = options;
  }

  /** Ready-made statements for the table. */
  get examples(): Array<{ name: string; answers: string; sql: string }> {
    return exampleQueries(this.#options.schema);
  }

  /** The answer to a statement as an event stream; it ends when the client leaves. */
  answer(sql: string): Response {
    if (this.#waiting >= MOST_WAITING) {
      return new Response("too many queries are waiting\n", { status: 503 });
    }
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, this.#options.signal]);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (event: QueryEvent) => {
          if (!left.signal.aborted) {
            controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
          }
        };
        const alive = setInterval(() => controller.enqueue(encoder.encode(": \n\n")), ALIVE_MS);
        left.signal.addEventListener("abort", () => clearInterval(alive));
        this.#inTurn(() => this.#run(sql, send, signal), signal)
          .catch((error) => send({ error: failureOf(error) }))
          .finally(() => {
            clearInterval(alive);
            if (!left.signal.aborted) controller.close();
          });
      },
      cancel: () => left.abort(new DOMException("the client has left", "AbortError")),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  /** Ends the engine, after the statement that is running. */
  async close(): Promise<void> {
    await this.#last;
    (await this.#engine?.catch(() => undefined))?.close();
  }

  #inTurn(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#waiting++;
    const turn = this.#last.then(() => {
      signal.throwIfAborted();
      return work();
    }).finally(() => this.#waiting--);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #run(sql: string, send: (event: QueryEvent) => void, signal: AbortSignal): Promise<void> {
    const statement = readOnlyStatement(sql);
    const begin = performance.now();
    this.#engine ??= this.#options.open();
    const engine = await abortable(this.#engine, signal).catch((error) => {
      this.#engine = undefined;
      throw error;
    });
    const onProgress = (progress: string) => send({ progress });
    const result = await engine.run(statement, { signal, onProgress });
    send({ columns: result.columns.map(({ name }) => name) });
    let rows = 0;
    let more = false;
    for await (const page of result.pages) {
      const taken = page.slice(0, MOST_ROWS - rows);
      send({ rows: taken.map((row) => row.map(shownValue)) });
      rows += taken.length;
      more = page.length > taken.length;
      if (more) break;
    }
    send({ done: { rows, seconds: (performance.now() - begin) / 1000, more } });
  }
}

/** A value as JSON: numbers that would lose digits, or that JSON does not have, become strings. */
function shownValue(value: Value): string | number | boolean | null {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "string" && value.length > MOST_CHARACTERS) {
    return `${value.slice(0, MOST_CHARACTERS)}… (${value.length} characters)`;
  }
  return value;
}

function failureOf(error: unknown): { message: string; fix?: string } {
  return { message: messageOf(error), fix: fixOf(error) };
}
