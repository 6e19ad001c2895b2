import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Failure, messageOf } from "../../failure/failure.ts";
import { ownEntry } from "../../files/own_entry.ts";
import { createPrivateFile, DIRECTORY_MODE } from "../../files/private_file.ts";
import { backoff } from "../../wait/backoff.ts";
import { sleep } from "../../wait/sleep.ts";
import { IDENTIFY } from "./identity.ts";
import { type LogLock, shareLog } from "./log_lock.ts";
import { LOST_VERSION } from "./lost_offsets.ts";
import { damagedLog, isBusy, sqliteFailure } from "./sqlite_failure.ts";

/** Marks the file as an embedded log: "tlog". */
const APPLICATION_ID = 0x746c6f67;
const SCHEMA_VERSION = 1;

/**
 * Milliseconds that SQLite itself waits for a lock. Short, because that blocks the process;
 * {@linkcode LogFile.write} then waits without blocking.
 */
const BUSY_TIMEOUT_MS = 20;
/** Milliseconds for which opening waits for another process that is opening or recovering the file. */
const OPEN_TIMEOUT_MS = 10_000;
/** Milliseconds for which a transaction waits for those of other processes. */
const LOCK_TIMEOUT_MS = 30_000;

/** Larger than SQLite's 4 KiB: blocks are up to 256 KiB, and read nearly twice as fast so. */
const PAGE_BYTES = 16 * 1024;

const SCHEMA = `
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  low INTEGER NOT NULL DEFAULT 0,
  high INTEGER NOT NULL DEFAULT 0,
  UNIQUE (topic, partition)
) STRICT;
CREATE TABLE block (
  log INTEGER NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (log, first)
) STRICT;
CREATE TABLE committed (
  consumer_group TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE membership (
  consumer_group TEXT NOT NULL,
  topic TEXT NOT NULL,
  generation INTEGER NOT NULL,
  partitions INTEGER NOT NULL,
  PRIMARY KEY (consumer_group, topic)
) STRICT, WITHOUT ROWID;
CREATE TABLE member (
  consumer_group TEXT NOT NULL,
  topic TEXT NOT NULL,
  id TEXT NOT NULL,
  joined INTEGER NOT NULL,
  renewed INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  PRIMARY KEY (consumer_group, topic, id)
) STRICT, WITHOUT ROWID;
`;

/** Which member of a group reads a partition. Release 0.1.0 continues working beside it. */
const OWNERS = `CREATE TABLE IF NOT EXISTS owner (
  consumer_group TEXT NOT NULL,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  member TEXT NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition)
) STRICT, WITHOUT ROWID`;

/** The database of an embedded log: one connection, its statements, its transactions. */
export class LogFile {
  /** The file's path, as it was given. */
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #lock: LogLock | undefined;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(path: string, database: DatabaseSync, lock: LogLock | undefined) {
    this.path = path;
    this.#database = database;
    this.#lock = lock;
  }

  /**
   * Opens the file; creates it and its directories where they are missing.
   * @throws {Failure} kind `service` when it cannot be opened or written; kind `failed` when it is
   * something else, damaged, being repaired, or of a newer version
   */
  static async open(path: string): Promise<LogFile> {
    createDirectory(dirname(path));
    const lock = shareLog(path);
    let database: DatabaseSync;
    try {
      refuseTruncated(path);
      createPrivateFile(path);
      database = new DatabaseSync(path);
    } catch (cause) {
      lock?.release();
      if (cause instanceof Failure) throw cause;
      throw new Failure("service", `${path}: it cannot be opened: ${messageOf(cause)}`, {
        cause,
        fix: "Check that its directory is writable for this user, or choose another --home.",
      });
    }
    const file = new LogFile(path, database, lock);
    try {
      await file.#waiting(() => file.#prepare(), OPEN_TIMEOUT_MS);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #prepare(): void {
    this.#pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    this.#checkOwn();
    this.#pragma(`page_size = ${PAGE_BYTES}`);
    this.#pragma("journal_mode = WAL");
    // An acknowledged append survives the loss of power: the log is synced before each commit ends.
    this.#pragma("synchronous = FULL");
    this.#pragma("journal_size_limit = 67108864");
    this.#within("BEGIN IMMEDIATE", () => {
      if (!this.#checkOwn()) {
        this.#database.exec(SCHEMA);
        this.#pragma(`application_id = ${APPLICATION_ID}`);
        this.#pragma(`user_version = ${SCHEMA_VERSION}`);
      }
      for (const sql of [...IDENTIFY, OWNERS]) this.#database.prepare(sql).run();
    });
  }

  /** Whether the file is an embedded log; a new, empty one is not yet. */
  #checkOwn(): boolean {
    const id = this.#pragma("application_id");
    const version = this.#pragma("user_version");
    if (id === APPLICATION_ID && (version === SCHEMA_VERSION || version === LOST_VERSION)) {
      return true;
    }
    if (id === APPLICATION_ID) {
      throw new Failure(
        "failed",
        `${this.path}: expected an embedded log of version ${SCHEMA_VERSION} or ${LOST_VERSION}, found version ${version}`,
        { fix: "Use the ticklake that wrote it, or choose another --home." },
      );
    }
    const [tables] = this.#database.prepare("SELECT count(*) AS n FROM sqlite_schema").all();
    if (tables.n === 0) return false;
    throw new Failure("failed", `${this.path}: expected an embedded log, found another database`, {
      fix: "Move it away, or choose another --home.",
    });
  }

  #pragma(text: string): unknown {
    const [row] = this.#database.prepare(`PRAGMA ${text}`).all();
    return row === undefined ? undefined : Object.values(row)[0];
  }

  /** A prepared statement; prepared once. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      this.#statements.set(sql, statement = this.#database.prepare(sql));
    }
    return statement;
  }

  /**
   * A number that changes when another connection has changed the file. Costs two microseconds, and
   * no lock.
   */
  dataVersion(): number {
    return this.statement("PRAGMA data_version").get()!.data_version as number;
  }

  /**
   * Reads one consistent state of the file.
   * @param signal ends the wait for a lock; its reason is thrown
   * @throws {Failure} kind `service` or `failed`
   */
  read<T>(read: () => T, signal?: AbortSignal): Promise<T> {
    return this.#waiting(() => this.#within("BEGIN", read), LOCK_TIMEOUT_MS, signal);
  }

  /**
   * Changes the file, wholly or not at all, durably when it returns. `change` may run more than once.
   * @throws {Failure} kind `service` or `failed`; nothing was changed
   */
  write<T>(change: () => T): Promise<T> {
    return this.#waiting(() => this.#within("BEGIN IMMEDIATE", change), LOCK_TIMEOUT_MS);
  }

  #within<T>(begin: string, work: () => T): T {
    this.statement(begin).run();
    try {
      const result = work();
      this.statement("COMMIT").run();
      return result;
    } catch (error) {
      try {
        this.statement("ROLLBACK").run();
      } catch {
        // SQLite has rolled back already, as it does when the disk is full.
      }
      throw error;
    }
  }

  async #waiting<T>(work: () => T, timeoutMs: number, signal?: AbortSignal): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    const pauses = backoff({ firstMs: 1, longestMs: 50 });
    for (;;) {
      signal?.throwIfAborted();
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw sqliteFailure(error, this.path);
      }
      await sleep(pauses.next().value);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
    this.#lock?.release();
  }
}

/** Before SQLite takes it for a new database, and removes the write-ahead log, which still has messages. */
function refuseTruncated(path: string): void {
  // In this order: a database that is being made has its first page before it has such a log.
  const wal = ownEntry(`${path}-wal`)?.size ?? 0;
  if (wal > 0 && ownEntry(path)?.size === 0) throw damagedLog(path, "it is empty");
}

function createDirectory(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
  } catch (cause) {
    throw new Failure("service", `${path}: the directory cannot be created: ${messageOf(cause)}`, {
      cause,
      fix: "Make the directory above it writable for this user, or choose another --home.",
    });
  }
}
