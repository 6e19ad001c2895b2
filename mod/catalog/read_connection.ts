import { DatabaseSync, type StatementSync } from "node:sqlite";
import { defineFunctions } from "./sql_functions.ts";

/** How long to wait for a lock, in milliseconds. */
const BUSY_MS = 60_000;

/** Most of the file that is mapped into memory, in bytes: reading it then copies nothing. */
const MMAP_BYTES = 2 ** 31 - 65_536;

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

/**
 * A connection that cannot write, nor reach another file: it is opened read-only, and every statement
 * that does more than read (ATTACH, PRAGMA) is refused when it is prepared.
 */
export class ReadConnection {
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
    this.#db.exec(`PRAGMA query_only = ON; PRAGMA mmap_size = ${MMAP_BYTES};`);
    defineFunctions(this.#db);
    (this.#db as unknown as WithAuthorizer).setAuthorizer(
      (action) => READING.has(action) ? SQLITE_OK : SQLITE_DENY,
    );
  }

  /** A statement whose rows are arrays and whose whole numbers are bigints. */
  prepare(sql: string): StatementSync {
    const statement = this.#db.prepare(sql);
    statement.setReadBigInts(true);
    (statement as unknown as ReturningArrays).setReturnArrays(true);
    return statement;
  }

  /** The views, each with the names of its columns. */
  views(): Map<string, string[]> {
    const rows = this.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
      .all();
    return new Map((rows as unknown as string[][]).map(([view]) => {
      const statement = this.prepare(`SELECT * FROM "${view.replaceAll('"', '""')}"`);
      return [view, statement.columns().map(({ name }) => name)];
    }));
  }

  close(): void {
    this.#db.close();
  }
}
