import assert from "node:assert/strict";
import { openLocalEngine } from "../../../mod/catalog/local/local_engine.ts";
import { loadSchema } from "../../../mod/schema/load_schema.ts";
import { failureOf } from "../failure_of.ts";
import { rowsOf } from "../ask.ts";
import { Home, putRows, quote } from "../quotes_lake.ts";

const FOUR_TIMES = "index_quotes a, index_quotes b, index_quotes c, index_quotes d";

/** An engine over a lake of some rows. */
async function engineOf(
  home: Home,
  rows: number,
  limits: { timeoutMs?: number; mostBytes?: number } = {},
) {
  await putRows(home.lake, Array.from({ length: rows }, (_, i) => quote(i)));
  return await openLocalEngine({
    path: home.catalog,
    lake: home.lake,
    schema: await loadSchema(),
    partitionColumns: ["dt"],
    ...limits,
  });
}

for (
  const [name, sql] of [
    ["a join of everything with everything", `SELECT count(*) FROM ${FOUR_TIMES}`],
    ["one that no row passes", `SELECT count(*) FROM ${FOUR_TIMES} WHERE a.close + d.close < 0`],
    [
      "outer joins",
      "SELECT count(*) FROM index_quotes a LEFT JOIN index_quotes b ON a.close > 0 LEFT JOIN index_quotes c ON b.close > 0 LEFT JOIN index_quotes d ON c.close > 0",
    ],
  ]
) {
  Deno.test(`${name} ends at its time limit, and the engine answers the next query`, async () => {
    await using home = new Home();
    const engine = await engineOf(home, 1000, { timeoutMs: 200 });
    try {
      // More often than threads may be given up: each of them really ends.
      for (let i = 0; i < 4; i++) {
        const { kind, message, fix } = await failureOf(rowsOf(engine, sql));
        assert.equal(kind, "failed");
        assert.match(message, /stopped after 0\.2 s, its time limit/);
        assert.match(fix!, /--query-timeout/);
      }
      assert.deepEqual(await rowsOf(engine, "SELECT count(*) FROM index_quotes"), [[1000n]]);
    } finally {
      engine.close();
    }
  });
}

Deno.test("a query that cannot be interrupted ends at its time limit too; too many of them are refused", async () => {
  await using home = new Home();
  const engine = await engineOf(home, 2, { timeoutMs: 200 });
  // It ends by itself after some seconds, or with the process of the tests.
  const endless =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 30000000) SELECT count(*) FROM n";
  try {
    for (let i = 0; i < 3; i++) {
      assert.match((await failureOf(rowsOf(engine, endless))).message, /its time limit/);
      if (i < 2) {
        assert.deepEqual(await rowsOf(engine, "SELECT count(*) FROM index_quotes"), [[2n]]);
      }
    }
    assert.match((await failureOf(rowsOf(engine, "SELECT 1"))).message, /still running/);
  } finally {
    engine.close();
  }
});

Deno.test("a query that needs too much memory fails, and does not end the process", async () => {
  await using home = new Home();
  const engine = await engineOf(home, 1000, { mostBytes: 128 * 1024 ** 2 });
  const before = Deno.memoryUsage().rss;
  try {
    const { kind, message } = await failureOf(
      rowsOf(
        engine,
        `SELECT length(group_concat(a.close || '${"x".repeat(150)}')) FROM ${FOUR_TIMES}`,
      ),
    );
    assert.equal(kind, "failed");
    assert.match(message, /more than 128\.0 MiB of memory/);
    assert.ok(Deno.memoryUsage().rss - before < 3 * 1024 ** 3);
    assert.deepEqual(await rowsOf(engine, "SELECT 1"), [[1n]]);
  } finally {
    engine.close();
  }
});

Deno.test("a query is ended by its signal while it runs, and while its answer is read", async () => {
  await using home = new Home();
  const engine = await engineOf(home, 1000);
  try {
    const soon = AbortSignal.timeout(300);
    await assert.rejects(
      rowsOf(engine, `SELECT count(*) FROM ${FOUR_TIMES}`, soon),
      (error) => error === soon.reason,
    );
    const controller = new AbortController();
    const { pages } = await engine.run(
      "SELECT a.close FROM index_quotes a, index_quotes b LIMIT 300000",
      { signal: controller.signal, onProgress() {} },
    );
    await assert.rejects(async () => {
      for await (const _ of pages) controller.abort();
    }, (error) => error === controller.signal.reason);
    assert.deepEqual(await rowsOf(engine, "SELECT 1"), [[1n]]);
  } finally {
    engine.close();
  }
});

Deno.test("an answer whose reader leaves early leaves the engine free", async () => {
  await using home = new Home();
  const engine = await engineOf(home, 1000);
  try {
    const { pages } = await engine.run(
      "SELECT a.close FROM index_quotes a, index_quotes b LIMIT 300000",
      { signal: new AbortController().signal, onProgress() {} },
    );
    for await (const page of pages) {
      assert.equal(page.length, 10_000);
      break;
    }
    assert.deepEqual(await rowsOf(engine, "SELECT 2"), [[2n]]);
  } finally {
    engine.close();
  }
});

Deno.test("an answer of a guarded join is that of SQLite", async () => {
  await using home = new Home();
  const engine = await engineOf(home, 100);
  try {
    const sql =
      "SELECT count(*), sum(a.close * b.close) FROM index_quotes a JOIN index_quotes b ON a.kafka_offset < b.kafka_offset";
    let sum = 0;
    for (let a = 0; a < 100; a++) for (let b = a + 1; b < 100; b++) sum += (101 + a) * (101 + b);
    assert.deepEqual(await rowsOf(engine, sql), [[4950n, sum]]);
  } finally {
    engine.close();
  }
});
