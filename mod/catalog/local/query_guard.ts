import type { DatabaseSync } from "node:sqlite";

/** SQL function of a guarded view. */
const GUARD = "ticklake_guard";

/** Rows of a scan between two looks at the flag, at most. */
const MOST_STRIDE = 1024;

/** A scan of a table with at least so many rows checks the flag at least once. */
const LOOKS = 16;

/**
 * Makes statements with joins stop soon after a flag is set. SQLite runs a statement in native code,
 * which neither a message nor the end of its thread interrupts; but an error of a function that it
 * calls ends it. So each view is covered by a temporary one that calls such a function for one row in
 * {@linkcode MOST_STRIDE}: a join repeats scans, and each of them then looks at the flag.
 * @param stop one element; other than 0 it ends what runs
 */
export function guardViews(db: DatabaseSync, stop: Int32Array): void {
  db.function(GUARD, () => {
    if (Atomics.load(stop, 0) !== 0) throw new Error("the statement was stopped");
    return 1;
  });
  const views = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view'").all();
  for (const { sql } of views) {
    const [, select, rows] = /^CREATE VIEW (.+ FROM (\S+))$/s.exec(String(sql)) ?? [];
    if (select === undefined) continue;
    const stride = strideFor(db, rows);
    db.exec(`CREATE TEMP VIEW ${select} WHERE rowid % ${stride} <> 0 OR ${GUARD}()`);
  }
}

function strideFor(db: DatabaseSync, rows: string): number {
  const { most } = db.prepare(`SELECT max(rowid) AS most FROM ${rows}`).get()!;
  return Math.min(MOST_STRIDE, Math.max(1, Math.floor(Number(most) / LOOKS)));
}

/** Whether a plan has several loops according to `EXPLAIN QUERY PLAN`: they may be nested. */
export function hasLoops(plan: readonly string[]): boolean {
  return plan.filter((step) => /^(SCAN|SEARCH) /.test(step)).length > 1;
}
