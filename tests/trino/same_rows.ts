import assert from "node:assert/strict";
import type { TrinoAnswer, TrinoValue } from "../services/trino/trino_client.ts";

/** A value of an answer, here or in Trino. */
type Value = TrinoValue | undefined;

/** Compares two answers row by row; doubles may differ in their last digits, sums of them by more. */
export function sameRows(
  ours: readonly Value[][],
  theirs: readonly Value[][],
  name: string,
): void {
  assert.equal(ours.length, theirs.length, `${name}: rows`);
  ours.forEach((row, r) => {
    assert.equal(row.length, theirs[r].length, `${name}: columns`);
    row.forEach((value, c) => sameValue(value, theirs[r][c], `${name}, row ${r}, column ${c}`));
  });
}

/**
 * Compares two values. Text is compared as it is; of numbers, `1` and `1.0` are the same; SQLite has 0 and
 * 1 for Trino's booleans.
 */
export function sameValue(ours: Value, theirs: Value, place: string): void {
  const expected = typeof theirs === "boolean" ? Number(theirs) : theirs;
  if (ours === null || expected === null || typeof ours === "string") {
    return assert.equal(ours, expected, place);
  }
  const [a, b] = [Number(ours), Number(expected)];
  const close = a === b || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)) ||
    (typeof expected === "string" && Number.isNaN(b) && Number.isNaN(a));
  assert.ok(close, `${place}: ${ours} here, ${theirs} in Trino`);
}

/** Rows as objects, with times as our readers have them: without a zone, with milliseconds. */
export function rowsAsRecords({ rows, columns }: TrinoAnswer): Record<string, TrinoPlain>[] {
  return rows.map((row) =>
    Object.fromEntries(
      row.map((value, i) => [columns[i].name, plain(value, columns[i].type)]),
    )
  );
}

/** A value without zones, and without integers that a number cannot hold. */
type TrinoPlain = string | number | null;

function plain(value: TrinoValue, type: string): TrinoPlain {
  if (type.startsWith("timestamp") && value !== null) return String(value).slice(0, 23);
  return value as TrinoPlain;
}
