import assert from "node:assert/strict";
import { byTrino } from "./by_trino.ts";
import type { Outcome } from "./fault.ts";
import type { Flow } from "./flow.ts";
import type { LakeCount } from "./lake_count.ts";

/** Options of {@linkcode conclude}. */
export interface ConcludeOptions {
  kills?: number;
  /** For the table; a function gets the count. */
  events?: string | ((count: LakeCount) => string);
  /** Options of the run that takes the rest into the lake. */
  args?: string[];
  /** Rows that the source sent, each with a number of its own; without it that is not compared. */
  sent?: number;
  /** File with the numbers of the rows that must be there, one a line. */
  acknowledged?: string;
  /** Looks at the count too. */
  look?: (count: LakeCount) => void;
}

/**
 * Ends a fault: consumes what is left in the topic, without faults, and has the lake counted twice.
 * @throws when an offset is missing, there too often, or not to be there
 */
export async function conclude(flow: Flow, options: ConcludeOptions = {}): Promise<Outcome> {
  const { kills = 0, events = "", args, sent, acknowledged, look } = options;
  await flow.consumeToEnd(args);
  const counted = await flow.count({ acknowledged });
  const { missing, duplicate, unexpected, misplaced, misdated, stillThere, lostRows } = counted;
  const wrong = { missing, duplicate, unexpected, misplaced, misdated, stillThere, lostRows };
  const nothing = Object.fromEntries(Object.keys(wrong).map((name) => [name, 0]));
  assert.deepEqual(wrong, nothing, `by DuckDB: ${JSON.stringify(counted)}`);
  assert.equal(counted.rows + counted.rejected + counted.lost, counted.expected);
  assert.equal(counted.reasons, counted.rejected, "each dead letter has a reason");
  const verified = await flow.verify();
  assert.deepEqual(
    verified,
    {
      ...verified,
      ok: true,
      expected: counted.expected + (counted.deleted ?? 0),
      found: counted.found,
      deleted: counted.deleted ?? 0,
    },
    `by verify --deep: ${JSON.stringify(verified)}`,
  );
  if (sent !== undefined) {
    assert.equal(counted.rows, sent, "rows that arrived");
    assert.equal(counted.numbers, sent, "different rows that arrived");
  }
  look?.(counted);
  return {
    kills,
    events: typeof events === "string" ? events : events(counted),
    rows: counted.expected,
    verified: { missing: verified.missing, duplicate: verified.duplicate },
    counted: { missing, duplicate },
    byTrino: byTrino(counted.trino, counted.expected - counted.rejected - counted.lost),
    peakRss: flow.peakRss,
  };
}
