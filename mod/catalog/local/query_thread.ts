import { Failure } from "../../failure/failure.ts";
import { requireFilesForThread } from "../../failure/open_files.ts";
import { sleep } from "../../wait/sleep.ts";
import type { QueryResult, Value } from "../engine.ts";
import type { QueryLimits } from "./query_limits.ts";
import { unpackPage } from "./packed_page.ts";
import type { QueryRequest, QueryResponse } from "./query_messages.ts";

/** Milliseconds within which a cancelled statement stops, if it can. */
const STOP_MS = 1000;

/** Options of {@linkcode QueryThread.run}. */
export interface ThreadStatement {
  /** The catalog's file. */
  path: string;
  sql: string;
  limits: QueryLimits;
}

/** A thread that runs statements, one at a time, so that this one can end them. */
export class QueryThread {
  readonly #worker: Worker;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  #answers: Array<PromiseWithResolvers<QueryResponse>> = [];
  #isLost = false;

  /** Resolves when the thread has started; a statement's time does not include it. */
  readonly ready: Promise<unknown>;

  /** @throws {Failure} kind `service`, when too few files can be opened */
  constructor() {
    requireFilesForThread();
    this.#worker = new Worker(new URL("./query_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<QueryResponse>) =>
      this.#answers.shift()?.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#isLost = true;
      const error = new Error(`the query's thread failed: ${event.message}`);
      for (const { reject } of this.#answers.splice(0)) reject(error);
    };
    this.ready = this.#ask({ kind: "close" });
    // A caller that awaits it gets the failure; any other has no statement running.
    this.ready.catch(() => {});
  }

  /**
   * Whether it runs a statement that could not be stopped, or has failed: it answers nothing more.
   * A thread in native code runs on until the statement or the process ends.
   */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Runs a statement; its pages are to be read, or returned from, before the next. */
  async run({ limits, ...statement }: ThreadStatement): Promise<QueryResult> {
    const first = await this.#within(
      limits,
      this.#ask({ kind: "open", ...statement, stop: this.#stop }),
    );
    const columns = first.kind === "columns" ? first.columns : [];
    return { columns, pages: this.#pages(limits) };
  }

  close(): void {
    this.#worker.terminate();
  }

  async *#pages(limits: QueryLimits): AsyncGenerator<Value[][]> {
    let isOver = false;
    try {
      // The next page is made while the last one is used.
      let next = this.#ask({ kind: "next" });
      for (;;) {
        const response = await this.#within(limits, next);
        if (response.kind !== "page") break;
        next = this.#ask({ kind: "next" });
        // Whoever reads no further page does not hear of its failure.
        next.catch(() => {});
        yield unpackPage(response.page);
      }
      isOver = true;
    } catch (error) {
      isOver = true;
      throw error;
    } finally {
      if (!isOver) await this.#halt();
    }
  }

  #ask(request: QueryRequest): Promise<QueryResponse> {
    const answer = Promise.withResolvers<QueryResponse>();
    this.#answers.push(answer);
    this.#worker.postMessage(request);
    return answer.promise;
  }

  async #within(limits: QueryLimits, answer: Promise<QueryResponse>): Promise<QueryResponse> {
    let response: QueryResponse;
    try {
      response = await limits.wait(answer);
    } catch (error) {
      answer.catch(() => {});
      await this.#halt();
      throw error;
    }
    if (response.kind === "failure") {
      throw new Failure(response.failure, response.message, { fix: response.fix });
    }
    if (response.kind === "defect") throw new Error(response.message);
    return response;
  }

  /** Stops the statement, and abandons the thread if that does not end it. */
  async #halt(): Promise<void> {
    if (this.#isLost) return;
    Atomics.store(this.#stop, 0, 1);
    const closed = this.#ask({ kind: "close" }).then(() => true, () => false);
    const inTime = new AbortController();
    const late = sleep(STOP_MS, inTime.signal).then(() => false, () => false);
    const isClosed = await Promise.race([closed, late]);
    inTime.abort();
    if (isClosed) Atomics.store(this.#stop, 0, 0);
    else {
      this.#isLost = true;
      this.#worker.terminate();
    }
  }
}
