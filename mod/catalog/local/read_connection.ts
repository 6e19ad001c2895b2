import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { ResultColumn, Value } from "../engine.ts";
import { guardViews, hasLoops } from "./query_guard.ts";
import { defineFunctions } from "./sql_functions.ts";

/** How long to wait for a lock, in milliseconds. */
const BUSY_MS = 60_000;

/** Action codes of SQLite's authorizer that reading needs. Source: sqlite3.h. */
const READING: ReadonlySet<number> = new Set([
  20, // SQLITE_READ
  21, // SQLITE_SELECT
  31, // SQLITE_FUNCTION
  33, // SQLITE_RECURSIVE
]);
const SQLITE_OK = 0;
const SQLITE_DENY = 1;

/** What Deno's node:sqlite has and its types lack. */
interface WithAuthorizer {
  setAuthorizer(decide: ((action: number) => number) | null): void;
}
interface ReturningArrays {
  setReturnArrays(enabled: boolean): void;
}

/** Rows of a page. */
const PAGE_ROWS = 10_000;

/** Pages that are read before the first is given; an answer that has more is streamed. */
const PAGES_AT_ONCE = 10;

/** An answer: the names of its columns, and its rows page by page. */
export interface ReadAnswer {
  columns: ResultColumn[];
  pages(): Generator<Value[][]>;
}

/**
 * A connection that can neither write nor open another file: it is opened read-only, and every statement
 * that does more than read (ATTACH, PRAGMA) is refused when it is prepared. All that it reads is of one
 * moment.
 */
export class ReadConnection {
  readonly #db: DatabaseSync;
  readonly #stop: Int32Array | undefined;

  /** @param stop one element: set to other than 0 by another thread, it ends a statement with joins */
  constructor(path: string, stop?: Int32Array) {
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
    this.#stop = stop;
    this.#db.exec("PRAGMA query_only = ON; BEGIN;");
    defineFunctions(this.#db);
    this.#authorize(true);
  }

  /**
   * Prepares a statement; it runs when its rows are requested.
   * @throws {Error} of SQLite, here or from the pages
   */
  read(sql: string): ReadAnswer {
    if (this.#stop !== undefined && hasLoops(this.#plan(sql))) this.#guard(this.#stop);
    const columns = this.#prepare(sql).columns().map(({ name, type }) => ({
      name,
      type: type ?? undefined,
    }));
    return { columns, pages: () => this.#pages(sql, columns.length) };
  }

  /** The views, each with the names of its columns. */
  views(): Map<string, string[]> {
    const sql = "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name";
    return new Map(
      this.#all(sql).map(([view]) => {
        const columns = this.#prepare(`SELECT * FROM "${view}"`).columns();
        return [view as string, columns.map(({ name }) => name)];
      }),
    );
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Deno's `iterate` takes some errors in the middle of an answer for its end. So an answer ends with a
   * row of its own, and is whole when that came.
   */
  *#pages(sql: string, width: number): Generator<Value[][]> {
    if (isExplanation(sql)) return yield this.#all(sql);
    const end = crypto.randomUUID();
    const marker = [`'${end}'`, ...Array(width - 1).fill("NULL")].join(", ");
    /** Pages held until the next ones, as a short answer is complete or an error. */
    let waiting: Value[][][] | undefined = [];
    let page: Value[][] = [];
    for (
      const row of this.#prepare(`SELECT * FROM (${sql}\n) UNION ALL SELECT ${marker}`).iterate()
    ) {
      if (page.push(row as unknown as Value[]) <= PAGE_ROWS) continue;
      const last = page.pop()!;
      if (waiting === undefined) yield page;
      else if (waiting.push(page) === PAGES_AT_ONCE) {
        yield* waiting;
        waiting = undefined;
      }
      page = [last];
    }
    if (page.pop()?.[0] !== end) {
      this.#all(sql);
      throw new Error("the result is incomplete");
    }
    if (waiting !== undefined) yield* waiting;
    yield page;
  }

  #plan(sql: string): string[] {
    if (isExplanation(sql)) return [];
    return this.#all(`EXPLAIN QUERY PLAN ${sql}`).map((step) => String(step.at(-1)));
  }

  #guard(stop: Int32Array): void {
    this.#authorize(false);
    this.#db.exec("PRAGMA query_only = OFF");
    guardViews(this.#db, stop);
    this.#db.exec("PRAGMA query_only = ON");
    this.#authorize(true);
  }

  /** Whether to refuse all that does more than read. */
  #authorize(onlyReading: boolean): void {
    (this.#db as unknown as WithAuthorizer).setAuthorizer(
      onlyReading ? (action) => READING.has(action) ? SQLITE_OK : SQLITE_DENY : null,
    );
  }

  #all(sql: string): Value[][] {
    return this.#prepare(sql).all() as unknown as Value[][];
  }

  /** A statement whose rows are arrays and whose integers are bigints. */
  #prepare(sql: string): StatementSync {
    const statement = this.#db.prepare(sql);
    statement.setReadBigInts(true);
    (statement as unknown as ReturningArrays).setReturnArrays(true);
    return statement;
  }
}

function isExplanation(sql: string): boolean {
  return /^\s*EXPLAIN/i.test(sql);
}
