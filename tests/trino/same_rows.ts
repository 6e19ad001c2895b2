import assert from "node:assert/strict";
import type { TrinoValue } from "../services/trino/trino_client.ts";

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
