import assert from "node:assert/strict";
import type { Outcome } from "./fault.ts";
import type { TrinoCount } from "./iceberg_in_s3.ts";

/**
 * What an Iceberg table lacks, and has too often, by Trino.
 * @param rows that must be there
 * @param counted absent where Trino was not asked
 * @param by what tells rows apart: the offsets of one log, or the rows' own numbers
 * @throws {assert.AssertionError} when it is not zero
 */
export function byTrino(
  counted: TrinoCount | undefined,
  rows: number,
  by: "places" | "numbers" = "places",
): Outcome["byTrino"] {
  if (counted === undefined) return undefined;
  const found = { missing: rows - counted[by], duplicate: counted.rows - counted[by] };
  assert.deepEqual(found, { missing: 0, duplicate: 0 }, `by Trino: ${JSON.stringify(counted)}`);
  return found;
}
