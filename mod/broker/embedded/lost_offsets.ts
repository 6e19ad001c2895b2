import type { StatementSync } from "node:sqlite";

/*
 * Offsets whose messages a repair could not read. They are recorded, so that a block that is missing without
 * a record is known as damage. Everything here runs inside a transaction, `recordLost` inside one that writes.
 */

/** The log's file, as far as it is needed here. */
interface Statements {
  statement(sql: string): StatementSync;
}

/** Version of a file with lost offsets: earlier releases, which do not know of them, refuse it. */
export const LOST_VERSION = 2;

/** Why such offsets cannot be read, as the gap's record says. */
export const LOST_REASON = "the embedded log was damaged, and they could not be recovered";

// With a fourth column, which no index of the log has: a repair tells tables apart by their columns.
const TABLE = `CREATE TABLE IF NOT EXISTS lost (
  log INTEGER NOT NULL,
  first INTEGER NOT NULL,
  past INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (log, first)
) STRICT, WITHOUT ROWID`;

/** A range of lost offsets, `end` not included. */
export interface LostOffsets {
  first: number;
  end: number;
}

/** Records a range. */
export function recordLost(file: Statements, log: number, { first, end }: LostOffsets): void {
  file.statement(TABLE).run();
  file.statement(`PRAGMA user_version = ${LOST_VERSION}`).run();
  file.statement("INSERT INTO lost VALUES (?, ?, ?, ?)").run(log, first, end, Date.now());
}

/** All ranges of a log, in their order. */
export function lostOffsets(file: Statements, log: number): LostOffsets[] {
  const has = file.statement("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'lost'").get()!;
  if (has.n === 0) return [];
  return file.statement('SELECT first, past AS "end" FROM lost WHERE log = ? ORDER BY first')
    .all(log) as unknown as LostOffsets[];
}

/** The range that an offset is in; `undefined` if it is in none. */
export function lostAt(file: Statements, log: number, offset: number): LostOffsets | undefined {
  return lostOffsets(file, log).find(({ first, end }) => first <= offset && offset < end);
}
