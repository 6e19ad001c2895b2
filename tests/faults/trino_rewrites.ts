import assert from "node:assert/strict";
import { sleep } from "../../mod/wait/sleep.ts";
import { until } from "../until.ts";
import type { Fault, Scene } from "./fault.ts";
import { TABLE } from "./flow.ts";
import { TrinoFlow } from "./trino_flow.ts";
import type { Watched } from "./watched_process.ts";

/** Rows a second. */
const RATE = 5000;

/** Longest time between two kills, in milliseconds. */
const LONGEST_MS = 4000;

/** What Trino says where another commit was faster than its own. */
const CONFLICT = /ICEBERG_COMMIT_ERROR|TRANSACTION_CONFLICT|Failed to commit/;

const OPTIMIZE = `ALTER TABLE ${TABLE} EXECUTE optimize`;
const EXPIRE = `ALTER TABLE ${TABLE} EXECUTE expire_snapshots(retention_threshold => '0s')`;

/** Two consumers write while they are killed at random, and Trino rewrites the table all the while. */
async function rewritten({ stage, rounds, chance }: Scene, deleted?: number) {
  await using flow = await TrinoFlow.open(stage, deleted);
  const count = RATE * (rounds + 2) * LONGEST_MS / 1000;
  const producer = flow.produce(flow.quotes({ count }), RATE);
  await producer.waitFor(/replaying/);
  const consume = () =>
    flow.consume(["--flush-rows", String(chance.one([500, 3000])), "--commit-interval", "500ms"]);
  const consumers: Watched[] = [consume(), consume()];
  const done = { optimize: 0, other: 0, conflicts: 0 };
  let over = false;
  const rewriting = (async () => {
    for (let i = 0; !over; i++) {
      try {
        if (i % 2 === 0) await flow.ask(OPTIMIZE);
        else if (deleted === undefined) await flow.ask(EXPIRE);
        else await flow.delete();
        done[i % 2 === 0 ? "optimize" : "other"]++;
      } catch (error) {
        const { message } = error as Error;
        if (CONFLICT.test(message)) done.conflicts++;
        // The table is made by the first consumer's first flush.
        else assert.match(message, /TABLE_NOT_FOUND|SCHEMA_NOT_FOUND/);
        await sleep(200);
      }
    }
  })();
  rewriting.catch(() => over = true);
  try {
    for (let round = 0; round < rounds; round++) {
      const before = done.optimize + done.other + done.conflicts;
      // The start takes a second or two of it.
      await sleep(chance.between(LONGEST_MS / 2, LONGEST_MS));
      // On a busy machine Trino takes longer than that.
      await until(
        "Trino has rewritten twice",
        () => done.optimize + done.other + done.conflicts >= before + 2 || over,
      );
      const victim = chance.whole(0, consumers.length - 1);
      const { signal, stderr } = await consumers[victim].stop("SIGKILL");
      assert.equal(signal, "SIGKILL", stderr);
      consumers[victim] = consume();
    }
  } finally {
    over = true;
    await rewriting;
  }
  assert.ok(done.optimize > 0 && done.other > 0, `Trino did nothing: ${JSON.stringify(done)}`);
  const { code, stderr } = await flow.ended(producer);
  assert.equal(code, 0, stderr);
  for (const consumer of consumers) await consumer.stop("SIGKILL");
  await flow.consumeToEnd();
  const { missing, duplicate, rows, expected } = await flow.count();
  assert.deepEqual({ missing, duplicate }, { missing: 0, duplicate: 0 }, "by Trino");
  const verified = await flow.verify();
  assert.deepEqual([verified.missing, verified.duplicate], [0, 0], "by verify --deep");
  if (deleted === undefined) assert.equal(verified.found, rows);
  return {
    kills: rounds + consumers.length,
    events: `${done.optimize} times OPTIMIZE, ${done.other} times ${
      deleted === undefined ? "expire_snapshots" : "DELETE"
    }, ${done.conflicts} of Trino's commits refused`,
    rows: expected,
    verified,
    byTrino: { missing, duplicate },
    peakRss: flow.peakRss,
  };
}

/** Trino merges small files and expires snapshots. */
export const trinoOptimizes: Fault = {
  name: "trino-optimize",
  claim:
    "Trino's OPTIMIZE and expire_snapshots of an Iceberg table in S3 while its consumers are killed",
  rounds: { short: 2, long: 40 },
  run: (scene) => rewritten(scene),
};

/** Trino deletes rows, and merges files with their deletes. */
export const trinoDeletes: Fault = {
  name: "trino-delete",
  claim: "Trino's DELETE and OPTIMIZE of an Iceberg table in S3 while its consumers are killed",
  rounds: { short: 2, long: 40 },
  run: (scene) => rewritten(scene, 7),
};

/** What they need besides what all faults need: "trino" and "iceberg-rest". */
export const TRINO_FAULTS = [trinoOptimizes, trinoDeletes];
