import { getLogger } from "@logtape/logtape";
import type { ObjectRows } from "../../lake/format/object_rows.ts";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Failure, messageOf } from "../../failure/failure.ts";
import type { Column, RowSchema } from "../../schema/schema.ts";
import { STORE_TYPES } from "../../schema/types.ts";
import { tableColumns } from "../lake_table.ts";
import { DIRECTORY_MODE } from "../../files/private_file.ts";
import { APPLICATION_ID, prepareCatalogFile, requireCatalogFile } from "./catalog_file.ts";
import type { StoredColumn } from "./first_load/encode_rows.ts";
import type { LoadedRows } from "./first_load/loaded_rows.ts";
import { PAGE_BYTES } from "./first_load/sqlite_page.ts";
import { isDamaged } from "./sqlite_error.ts";

const logger = getLogger(["ticklake", "catalog"]);

/** Changes when the layout of the file does: an older file is then built again from the lake. */
const LAYOUT_VERSION = 2;

/** How long to wait for another process's transaction: that of one object. */
const BUSY_MS = 60_000;

/** An object whose rows the catalog holds. */
export interface LoadedObject {
  id: number;
  /** The object's version as it was listed before it was read. */
  version: string;
}

/** What a local catalog's file holds, without a change to it. */
export interface CatalogContent {
  /** Whether the file is there. */
  exists: boolean;
  /** The table, if it has it. */
  table?: { columns: Column[]; partitionColumns: string[] };
}

/**
 * The local catalog: a SQLite file that holds a copy of the lake's rows, and which objects they came
 * from. It can be rebuilt at any time, so it is not synced to the disk; each object's rows are there
 * together with the object's name or not at all.
 */
export class LocalCatalog {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #schema: RowSchema;
  readonly #columns: Column[];
  readonly #fingerprint: string;
  readonly #names: { rows: string; objects: string; view: string };

  /**
   * Opens the file, or creates it with its directory. A catalog that is damaged, or was made for
   * another schema, is emptied: its rows are loaded from the lake again.
   * @throws {Failure} kind `failed`, when the file cannot be written, or is not one of our catalogs
   */
  static async open(path: string, schema: RowSchema): Promise<LocalCatalog> {
    const directory = path.slice(0, path.lastIndexOf("/") + 1);
    try {
      if (directory !== "") await Deno.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
      prepareCatalogFile(path);
      try {
        return new LocalCatalog(path, schema);
      } catch (error) {
        if (!isDamaged(error)) throw error;
        logger.warn("{path} is damaged ({error}): rebuilding it from the lake", {
          path,
          error: messageOf(error),
        });
        await removeFile(path);
        prepareCatalogFile(path);
        return new LocalCatalog(path, schema);
      }
    } catch (cause) {
      throw cause instanceof Failure ? cause : unusable(path, cause);
    }
  }

  /** What the file holds of a table; a damaged file counts as absent, as it would be rebuilt. */
  static async inspect(path: string, table: string): Promise<CatalogContent> {
    if (!await LocalCatalog.exists(path)) return { exists: false };
    requireCatalogFile(path);
    try {
      const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
      try {
        return { exists: true, ...inspectTable(db, table) };
      } finally {
        db.close();
      }
    } catch (error) {
      if (isDamaged(error)) return { exists: false };
      throw unusable(path, error);
    }
  }

  /** Whether the file is there. */
  static async exists(path: string): Promise<boolean> {
    try {
      return (await Deno.stat(path)).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw unusable(path, error);
    }
  }

  /** Removes the file; gives whether it was there. */
  static async remove(path: string): Promise<boolean> {
    requireCatalogFile(path);
    const existed = await LocalCatalog.exists(path);
    await removeFile(path);
    return existed;
  }

  private constructor(path: string, schema: RowSchema) {
    this.#path = path;
    this.#schema = schema;
    this.#columns = tableColumns(schema);
    this.#fingerprint = JSON.stringify({
      version: LAYOUT_VERSION,
      columns: this.#columns.map(({ name, type }) => ({ name, type })),
    });
    const { table } = schema;
    this.#names = { rows: rowsTable(table), objects: `${table}__objects`, view: table };
    this.#db = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      this.#db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
      this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;");
      this.#db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      this.#db.exec("CREATE TABLE IF NOT EXISTS tables(name TEXT PRIMARY KEY, layout TEXT) STRICT");
      this.#transaction(() => this.#prepare());
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Objects whose rows are here, by name. */
  objects(): Map<string, LoadedObject> {
    const rows = this.#db.prepare(`SELECT name, id, version FROM ${this.#names.objects}`)
      .all() as Array<{ name: string; id: number; version: string }>;
    return new Map(rows.map(({ name, id, version }) => [name, { id, version }]));
  }

  /** Names of the columns that come from the objects' paths alone, such as `dt`. */
  partitionColumns(): string[] {
    return partitionColumns(this.#db, this.#names.rows, this.#columns);
  }

  /** Adds columns for the paths' values, unless they exist. */
  addPartitionColumns(names: readonly string[]): void {
    if (this.#missing(names).length > 0) this.#transaction(() => this.#addColumns(names));
  }

  /**
   * Replaces an object's rows in one transaction. Nothing happens when another process has loaded
   * the object since `known` was read.
   * @param version the object's, as it was listed before it was read
   * @throws {Failure} kind `failed`, naming the object, when a value does not fit its column
   */
  load(object: ObjectRows, version: string, known: LoadedObject | undefined): void {
    this.#transaction(() => {
      this.#requireSameTable();
      const now = this.#find(object.name);
      if (now?.id !== known?.id) return;
      if (now !== undefined) this.#delete(now);
      this.#addColumns(object.partitions.map(([name]) => name));
      this.#insert(object, version);
    });
  }

  /** Whether a file with the same table and its rows may take this one's place. */
  get isReplaceable(): boolean {
    const { tables, objects, bytes } = this.#db.prepare(
      `SELECT (SELECT count(*) FROM tables) AS tables, page_size AS bytes,
        EXISTS (SELECT 1 FROM ${this.#names.objects}) AS objects FROM pragma_page_size`,
    ).get()!;
    return tables === 1 && objects === 0 && bytes === PAGE_BYTES;
  }

  /** How the rows are stored. */
  storage(): { columns: StoredColumn[]; rootPage: number } {
    const { rows } = this.#names;
    const root = this.#db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(rows)!;
    const columns = this.#db.prepare("SELECT name, type FROM pragma_table_info(?)").all(rows);
    return {
      columns: columns.map(({ name, type }) => ({ name, type }) as StoredColumn),
      rootPage: root.rootpage as number,
    };
  }

  /** Records objects whose rows are in the table already. */
  record(loaded: readonly LoadedRows[]): void {
    this.#transaction(() => {
      for (const { object: { name, size, version }, firstRow, endRow } of loaded) {
        this.#recordObject(name, size, version, firstRow, endRow);
      }
    });
  }

  /** Removes the rows of an object that is no longer in the lake. */
  remove(object: LoadedObject): void {
    this.#transaction(() => this.#delete(object));
  }

  close(): void {
    this.#db.close();
  }

  #prepare(): void {
    if (this.#layout() === this.#fingerprint) return;
    const { rows, objects, view } = this.#names;
    this.#db.exec(`
      DROP VIEW IF EXISTS ${quoted(view)};
      DROP TABLE IF EXISTS ${rows};
      DROP TABLE IF EXISTS ${objects};
      CREATE TABLE ${objects}(
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL, size INTEGER NOT NULL,
        version TEXT NOT NULL, rows INTEGER NOT NULL, first_row INTEGER NOT NULL, end_row INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE ${rows}(
        ${this.#columns.map(({ name, type }) => `${quoted(name)} ${storedType(type)}`).join(", ")}
      ) STRICT;`);
    this.#createView();
    this.#db.prepare("INSERT OR REPLACE INTO tables VALUES (?, ?)")
      .run(this.#schema.table, this.#fingerprint);
  }

  #layout(): string | undefined {
    return layoutOf(this.#db, this.#schema.table);
  }

  #requireSameTable(): void {
    if (this.#layout() === this.#fingerprint) return;
    throw new Failure(
      "failed",
      `local catalog ${this.#path}: another process has just rebuilt table ${this.#schema.table} for another schema`,
      { fix: "Use one --schema per --home, and run the command again." },
    );
  }

  #createView(): void {
    const columns = this.#columns.map(({ name, type }) =>
      type === "timestamp"
        ? `strftime('%Y-%m-%d %H:%M:%f', ${quoted(name)} / 1000.0, 'unixepoch') AS ${quoted(name)}`
        : quoted(name)
    );
    columns.push(...this.partitionColumns().map(quoted));
    const { view, rows } = this.#names;
    this.#db.exec(`DROP VIEW IF EXISTS ${quoted(view)}`);
    this.#db.exec(`CREATE VIEW ${quoted(view)} AS SELECT ${columns.join(", ")} FROM ${rows}`);
  }

  #missing(names: readonly string[]): string[] {
    const there = new Set([...this.#columns.map(({ name }) => name), ...this.partitionColumns()]);
    return names.filter((name) => !there.has(name));
  }

  #addColumns(names: readonly string[]): void {
    const missing = this.#missing(names);
    for (const name of missing) {
      this.#db.exec(`ALTER TABLE ${this.#names.rows} ADD COLUMN ${quoted(name)} TEXT`);
    }
    if (missing.length > 0) this.#createView();
  }

  #find(name: string): LoadedObject | undefined {
    const sql = `SELECT id, version FROM ${this.#names.objects} WHERE name = ?`;
    return this.#db.prepare(sql).get(name) as LoadedObject | undefined;
  }

  #delete({ id }: LoadedObject): void {
    const { rows, objects } = this.#names;
    this.#db.prepare(
      `DELETE FROM ${rows} WHERE rowid >= (SELECT first_row FROM ${objects} WHERE id = ?1)
        AND rowid < (SELECT end_row FROM ${objects} WHERE id = ?1)`,
    ).run(id);
    this.#db.prepare(`DELETE FROM ${objects} WHERE id = ?`).run(id);
  }

  #insert({ name, size, batches, partitions }: ObjectRows, version: string): void {
    const { rows, objects } = this.#names;
    const first = this.#db.prepare(`SELECT coalesce(max(end_row), 1) AS n FROM ${objects}`).get()!
      .n as number;
    let row = first;
    const fixed = new Map(partitions);
    for (const batch of batches) {
      const varying = [...batch.columns.keys()].filter((column) => !fixed.has(column));
      const columns = [...fixed.keys(), ...varying];
      const place = `(${["?", ...columns.map(() => "?")].join(", ")})`;
      const insertion = (count: number) =>
        this.#db.prepare(
          `INSERT INTO ${rows}(rowid, ${columns.map(quoted).join(", ")}) VALUES ` +
            Array(count).fill(place).join(", "),
        );
      const values = varying.map((column) => batch.columns.get(column)!);
      try {
        insertRows(insertion, row, [...fixed.values()], values, batch.rows);
      } catch (cause) {
        throw new Failure("failed", `object ${name} does not fit the table: ${messageOf(cause)}`, {
          cause,
          fix:
            "Was it written with another schema? Use that one with --schema, or move the object away.",
        });
      }
      row += batch.rows;
    }
    this.#recordObject(name, size, version, first, row);
  }

  #recordObject(name: string, size: number, version: string, first: number, end: number): void {
    this.#db.prepare(
      `INSERT INTO ${this.#names.objects}(name, size, version, rows, first_row, end_row)
        VALUES (?, ?, ?, ?, ?, ?)`,
    ).run(name, size, version, end - first, first, end);
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}

/** Rows that one statement inserts: from five on a row takes less than half of what it takes alone. */
const ROWS_AT_ONCE = 8;

function insertRows(
  insertion: (rows: number) => StatementSync,
  firstRow: number,
  fixed: SQLInputValue[],
  columns: Array<ArrayLike<SQLInputValue>>,
  rows: number,
): void {
  let row = 0;
  for (const count of [ROWS_AT_ONCE, 1]) {
    if (rows - row < count) continue;
    const statement = insertion(count);
    const width = 1 + fixed.length + columns.length;
    const values = new Array<SQLInputValue>(width * count);
    for (let i = 0; i < count; i++) {
      for (let f = 0; f < fixed.length; f++) values[i * width + 1 + f] = fixed[f];
    }
    for (; row + count <= rows; row += count) {
      for (let i = 0; i < count; i++) {
        let at = i * width;
        values[at] = firstRow + row + i;
        at += 1 + fixed.length;
        for (let c = 0; c < columns.length; c++) values[at + c] = columns[c][row + i];
      }
      statement.run(...values);
    }
  }
}

function layoutOf(db: DatabaseSync, table: string): string | undefined {
  const sql = "SELECT layout FROM tables WHERE name = ?";
  return db.prepare(sql).get(table)?.layout as string | undefined;
}

function inspectTable(db: DatabaseSync, table: string): Pick<CatalogContent, "table"> {
  const layout = layoutOf(db, table);
  if (layout === undefined) return {};
  const { columns } = JSON.parse(layout) as { columns: Column[] };
  return {
    table: { columns, partitionColumns: partitionColumns(db, rowsTable(table), columns) },
  };
}

/** Columns that only the objects' paths have: those that are not the schema's. */
function partitionColumns(db: DatabaseSync, rows: string, columns: readonly Column[]): string[] {
  const own = new Set(columns.map(({ name }) => name));
  return db.prepare("SELECT name FROM pragma_table_info(?)").all(rows)
    .map(({ name }) => name as string)
    .filter((name) => !own.has(name));
}

function rowsTable(table: string): string {
  return `${table}__rows`;
}

function unusable(path: string, cause: unknown): Failure {
  return new Failure("failed", `local catalog ${path} cannot be used: ${messageOf(cause)}`, {
    cause,
    fix: "Make its directory writable, or choose another with --home.",
  });
}

/** Timestamps are kept as milliseconds, and are text in the view: most queries never look at them. */
function storedType(type: Column["type"]): string {
  return type === "timestamp" ? "INTEGER" : STORE_TYPES[type].sqlite;
}

/** A name as in SQL, quoted if it may be a reserved word. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function removeFile(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(path + suffix).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
