import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openLocalEngine } from "../../../mod/catalog/local/local_engine.ts";
import { loadSchema } from "../../../mod/schema/load_schema.ts";
import type { LakeStore } from "../../../mod/lake/store.ts";
import type { RowSchema } from "../../../mod/schema/schema.ts";
import { ask, rowsOf } from "../ask.ts";
import { failureOf } from "../failure_of.ts";
import { Home, putRows, quote } from "../quotes_lake.ts";

const OFFSETS = "SELECT kafka_offset FROM index_quotes ORDER BY 1";

for (const extension of ["parquet", "jsonl.gz"] as const) {
  Deno.test(`every type comes back as it was written, from ${extension}`, async () => {
    await using home = new Home();
    const big = 9_007_199_254_740_993n;
    await putRows(home.lake, [
      quote(0, { index: '恒生 "HSI"', volume: big }),
      quote(1, { date: "1969-12-31", kafka_timestamp: "1969-12-31 23:59:59.999", volume: null }),
      quote(2, { close: -0.1, kafka_timestamp: "2026-02-28 00:00:00.000" }),
      quote(3),
      quote(4, { index: "\ufeffHSI\ufeff" }),
      quote(5, { index: "" }),
    ], { extension });
    const sql =
      `SELECT "index", "date", close, volume, kafka_timestamp, dt FROM index_quotes ORDER BY kafka_offset`;
    assert.deepEqual(await ask(home, sql), [
      ['恒生 "HSI"', "2026-01-05", 101, big, "2026-11-20 10:00:00.123", "2026-11-20"],
      ["HSI", "1969-12-31", 102, null, "1969-12-31 23:59:59.999", "2026-11-20"],
      ["HSI", "2026-01-05", -0.1, 1002n, "2026-02-28 00:00:00.000", "2026-11-20"],
      ["HSI", "2026-01-05", 104, 1003n, "2026-11-20 10:00:00.123", "2026-11-20"],
      ["\ufeffHSI\ufeff", "2026-01-05", 105, 1004n, "2026-11-20 10:00:00.123", "2026-11-20"],
      ["", "2026-01-05", 106, 1005n, "2026-11-20 10:00:00.123", "2026-11-20"],
    ]);
  });
}

Deno.test("an empty lake has the table, with no rows", async () => {
  await using home = new Home();
  assert.deepEqual(await ask(home, `SELECT count(*), max(dt), max("date") FROM index_quotes`), [
    [0n, null, null],
  ]);
});

Deno.test("a query loads what is new, and only that", async () => {
  await using home = new Home();
  const read: string[] = [];
  const counting: LakeStore = {
    ...home.lake,
    description: "a lake that counts",
    list: (prefix, options) => home.lake.list(prefix, options),
    get(name, options) {
      read.push(name);
      return home.lake.get(name, options);
    },
  } as LakeStore;
  const lake = { catalog: home.catalog, lake: counting };
  const first = await putRows(home.lake, [quote(0), quote(1)]);
  assert.deepEqual(await ask(lake, OFFSETS), [[0n], [1n]]);
  const second = await putRows(home.lake, [quote(2)]);
  assert.deepEqual(await ask(lake, OFFSETS), [[0n], [1n], [2n]]);
  assert.deepEqual(await ask(lake, OFFSETS), [[0n], [1n], [2n]]);
  assert.deepEqual(read, [first, second]);
});

Deno.test("rows of a removed object are gone, those of a rewritten one are replaced", async () => {
  await using home = new Home();
  const first = await putRows(home.lake, [quote(0), quote(1)]);
  await putRows(home.lake, [quote(2), quote(3)]);
  assert.equal((await ask(home, OFFSETS)).length, 4);
  await home.lake.remove(first);
  await putRows(home.lake, [quote(2, { index: "HSIX" }), quote(3)]);
  assert.deepEqual(await ask(home, `SELECT kafka_offset, "index" FROM index_quotes ORDER BY 1`), [
    [2n, "HSIX"],
    [3n, "HSI"],
  ]);
});

Deno.test("an object that was replaced by one of the same size is read again", async () => {
  await using home = new Home();
  const name = await putRows(home.lake, [quote(0, { index: "HSI" })]);
  const { length } = await home.lake.get(name);
  const sql = `SELECT "index" FROM index_quotes`;
  assert.deepEqual(await ask(home, sql), [["HSI"]]);
  assert.equal(await putRows(home.lake, [quote(0, { index: "NYA" })]), name);
  assert.equal((await home.lake.get(name)).length, length);
  assert.deepEqual(await ask(home, sql), [["NYA"]]);
});

Deno.test("dead letters, other tables and foreign files are no rows", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  const bytes = new TextEncoder().encode("{}");
  await home.lake.put("dead_letter/index_quotes/dt=2026-11-20/t-0-0-0.jsonl", bytes);
  await home.lake.put("index_quotes/_SUCCESS", bytes);
  await home.lake.put("index_quotes_old/x.parquet", bytes);
  assert.deepEqual(await ask(home, OFFSETS), [[0n]]);
});

Deno.test("a column of the path has its value in every row, escaped and null ones too", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0), quote(1)], {
    partitions: [["index", "A/B=C%"], ["date_year", "2026"]],
  });
  await putRows(home.lake, [quote(2)], {
    partitions: [["index", "__HIVE_DEFAULT_PARTITION__"], ["date_year", "2025"]],
  });
  const sql = `SELECT "index", date_year FROM index_quotes ORDER BY kafka_offset`;
  assert.deepEqual(await ask(home, sql), [["A/B=C%", "2026"], ["A/B=C%", "2026"], [null, "2025"]]);
});

Deno.test("objects of another partitioning may lie beside each other", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  assert.equal((await ask(home, OFFSETS)).length, 1);
  await putRows(home.lake, [quote(1)], { partitions: [["dt", "2026-11-20"], ["hour", "07"]] });
  assert.deepEqual(await ask(home, "SELECT dt, hour FROM index_quotes ORDER BY kafka_offset"), [
    ["2026-11-20", null],
    ["2026-11-20", "07"],
  ]);
});

Deno.test("a column that the schema has gained is null in older objects", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  assert.equal((await ask(home, OFFSETS)).length, 1);
  const schema = await loadSchema();
  const wider: RowSchema = {
    ...schema,
    columns: [...schema.columns, { wire: "PE", name: "pe", type: "double", required: false }],
  };
  await putRows(home.lake, [quote(1, { pe: 15.5 })], { schema: wider });
  assert.deepEqual(await ask(home, "SELECT pe FROM index_quotes ORDER BY kafka_offset", wider), [
    [null],
    [15.5],
  ]);
});

Deno.test("objects that do not fit the schema are named", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  const schema = await loadSchema();
  const other: RowSchema = {
    ...schema,
    columns: schema.columns.map((c) => c.name === "index" ? { ...c, type: "long" as const } : c),
  };
  const failure = await failureOf(ask(home, OFFSETS, other));
  assert.equal(failure.exitCode, 1);
  assert.match(
    failure.message,
    /object index_quotes\/dt=.*\.parquet does not fit the table: .*index/,
  );
  assert.equal((await ask(home, OFFSETS)).length, 1);
});

Deno.test("a damaged object is named, and leaves the others' rows as they were", async () => {
  await using home = new Home();
  const name = await putRows(home.lake, [quote(5), quote(6)]);
  const bytes = await home.lake.get(name);
  await home.lake.put(name, bytes.subarray(0, bytes.length - 20));
  await putRows(home.lake, [quote(0)]);
  const failure = await failureOf(ask(home, OFFSETS));
  assert.match(failure.message, /object index_quotes\/.*0000000005-.* cannot be read/);
  await home.lake.remove(name);
  assert.deepEqual(await ask(home, OFFSETS), [[0n]]);
});

Deno.test("a damaged catalog is built anew from the lake", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  await ask(home, OFFSETS);
  const sound = await Deno.readFile(home.catalog);
  const broken = sound.slice();
  broken.fill(0xff, 4096);
  for (const bytes of [broken, sound.slice(0, 6000), new Uint8Array(0)]) {
    for (const suffix of ["-wal", "-shm"]) {
      await Deno.remove(home.catalog + suffix).catch(() => {});
    }
    await Deno.writeFile(home.catalog, bytes);
    assert.deepEqual(await ask(home, OFFSETS), [[0n]]);
  }
});

Deno.test("a file in the catalog's place that is not ours is left as it is", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  const database = `${home.path}/other.sqlite`;
  const db = new DatabaseSync(database);
  db.exec("CREATE TABLE letters(text); INSERT INTO letters VALUES ('years of them')");
  db.close();
  const foreign = [new TextEncoder().encode("my thesis"), await Deno.readFile(database)];
  for (const bytes of foreign) {
    await Deno.writeFile(home.catalog, bytes);
    const failure = await failureOf(ask(home, OFFSETS));
    assert.match(
      failure.message,
      /expected a local catalog, found another (database|kind of file)/,
    );
    assert.match(failure.fix!, /Move it away/);
    assert.deepEqual(await Deno.readFile(home.catalog), bytes);
  }
});

Deno.test("a catalog whose rows never left the -wal file is a catalog", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  const db = new DatabaseSync(home.catalog);
  db.exec("PRAGMA journal_mode = WAL");
  db.close();
  assert.deepEqual(await ask(home, OFFSETS), [[0n]]);
});

Deno.test("a catalog that cannot be written is named with its path", async () => {
  await using home = new Home();
  await Deno.writeTextFile(`${home.path}/file`, "");
  const catalog = `${home.path}/file/catalog.sqlite`;
  const failure = await failureOf(ask({ ...home, catalog, lake: home.lake }, OFFSETS));
  assert.equal(failure.exitCode, 1);
  assert.ok(failure.message.includes(catalog), failure.message);
});

Deno.test("queries at once, beside a writer, each see every object wholly or not at all", async () => {
  await using home = new Home();
  const rowsPerObject = 50;
  let written = 0;
  const write = async () => {
    for (; written < 40; written++) {
      const rows = Array.from(
        { length: rowsPerObject },
        (_, i) => quote(written * rowsPerObject + i),
      );
      await putRows(home.lake, rows);
    }
  };
  const query = async () => {
    let least = 0;
    while (least < 40 * rowsPerObject) {
      const before = written * rowsPerObject;
      const [[count, distinct, odd]] = await ask(
        home,
        `SELECT count(*), count(DISTINCT kafka_offset), (SELECT count(*) FROM (
          SELECT kafka_offset / ${rowsPerObject} FROM index_quotes GROUP BY 1
          HAVING count(*) <> ${rowsPerObject})) FROM index_quotes`,
      );
      assert.equal(count, distinct);
      assert.equal(odd, 0n);
      assert.ok(Number(count) >= before, `${count} rows, ${before} were written before the query`);
      assert.ok(Number(count) >= least, "a later query saw fewer rows");
      least = Number(count);
    }
  };
  await Promise.all([write(), query(), query(), query()]);
});

Deno.test("a query is ended by its signal while objects are loaded", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  await putRows(home.lake, [quote(1)]);
  const engine = await openLocalEngine({
    path: home.catalog,
    lake: home.lake,
    schema: await loadSchema(),
  });
  try {
    const controller = new AbortController();
    const error = await engine.run(OFFSETS, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("stopped")),
    }).catch((error) => error);
    assert.equal(error.message, "stopped");
    // The rest is loaded by the next query.
    assert.deepEqual(await rowsOf(engine, OFFSETS), [[0n], [1n]]);
  } finally {
    engine.close();
  }
});

Deno.test("statements that would write, or reach another file, are refused", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  const other = `${home.path}/other.sqlite`;
  const attempts = [
    "DELETE FROM index_quotes__rows",
    "INSERT INTO index_quotes__rows DEFAULT VALUES",
    "WITH x AS (SELECT 1) DELETE FROM index_quotes__rows",
    "WITH x AS (SELECT 1) INSERT INTO tables SELECT 'a', 'b'",
    "DROP VIEW index_quotes",
    "CREATE TEMP TABLE t(x)",
    `ATTACH '${other}' AS other`,
    `VACUUM INTO '${other}'`,
    "PRAGMA query_only = OFF",
    "SELECT load_extension('x')",
    "BEGIN",
  ];
  for (const sql of attempts) {
    const failure = await failureOf(ask(home, sql));
    assert.equal(failure.exitCode, 2, `${sql}: ${failure.message}`);
  }
  await assert.rejects(Deno.stat(other), Deno.errors.NotFound);
  assert.deepEqual(await ask(home, OFFSETS), [[0n]]);
});

Deno.test("an error in the middle of an answer is an error, not its end", async () => {
  await using home = new Home();
  await putRows(home.lake, Array.from({ length: 19 }, (_, i) => quote(i)));
  const product = "FROM index_quotes a, index_quotes b, index_quotes c, index_quotes d";
  const cases = [
    "SELECT CASE WHEN kafka_offset = 10 THEN json('{') ELSE 1 END FROM index_quotes",
    // More rows than are read at once.
    `SELECT CASE WHEN a.kafka_offset = 18 AND b.kafka_offset = 18 AND c.kafka_offset = 18
        AND d.kafka_offset = 18 THEN json('{') END ${product}`,
  ];
  for (const sql of cases) {
    const failure = await failureOf(ask(home, sql));
    assert.match(failure.message, /malformed JSON/);
  }
  const long = await ask(home, `SELECT a.close, a.close ${product} WHERE a.kafka_offset < 17`);
  assert.equal(long.length, 17 * 19 ** 3);
});

Deno.test("an answer keeps its order and its names, however long it is", async () => {
  await using home = new Home();
  await putRows(home.lake, Array.from({ length: 19 }, (_, i) => quote(i)));
  for (const power of [2, 4]) {
    const names = ["a", "b", "c", "d"].slice(0, power);
    const sql = `SELECT ${names.map((n) => `${n}.kafka_offset AS x`).join(", ")}
      FROM ${names.map((n) => `index_quotes ${n}`).join(", ")}
      ORDER BY ${names.map((n) => `${n}.kafka_offset DESC`).join(", ")} -- and no more`;
    const rows = await ask(home, sql);
    assert.equal(rows.length, 19 ** power);
    rows.forEach((row, i) => {
      const number = row.reduce<bigint>((sum, digit) => sum * 19n + (digit as bigint), 0n);
      if (number !== BigInt(19 ** power - 1 - i)) assert.fail(`row ${i} is ${row}`);
    });
  }
});

Deno.test("a wrong column or table is answered with those that there are", async () => {
  await using home = new Home();
  for (
    const sql of [
      "SELECT clsoe FROM index_quotes",
      'SELECT "clsoe" FROM index_quotes',
      "SELECT 1 FROM quotes",
    ]
  ) {
    const failure = await failureOf(ask(home, sql));
    assert.equal(failure.exitCode, 2);
    assert.match(failure.message, /^SQL: no such (column|table)/);
    assert.match(failure.fix!, /index_quotes\("index", "date", open, .*kafka_timestamp, dt\)/);
  }
});

Deno.test("a value that a function cannot take ends the query, wherever in the rows it is", async () => {
  await using home = new Home();
  await putRows(home.lake, Array.from({ length: 5 }, (_, i) => quote(i)));
  const date = `CASE WHEN kafka_offset = 3 THEN 'then' ELSE "date" END`;
  for (const expression of [`year(${date})`, `sum(year(${date}))`, `CAST(${date} AS date)`]) {
    const failure = await failureOf(ask(home, `SELECT ${expression} FROM index_quotes`));
    assert.match(failure.message, /"then"/, expression);
  }
});

Deno.test("a reserved word without quotes is explained", async () => {
  await using home = new Home();
  const failure = await failureOf(ask(home, "SELECT index, close FROM index_quotes"));
  assert.match(failure.message, /near "index": syntax error/);
  assert.match(failure.fix!, /write "index" in double quotes .*single quotes/);
});

Deno.test("what only Athena understands is answered with the form that both do", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  const cases: Array<[sql: string, fix: RegExp]> = [
    [
      `SELECT "date" + INTERVAL '1-2' YEAR TO MONTH FROM index_quotes`,
      /write date_add\('day', 1, "date"\)/,
    ],
    [`SELECT close FROM index_quotes FETCH FIRST 2 ROWS ONLY`, /write LIMIT 10/],
    [`SELECT TRY_CAST("index" AS row(x double)) FROM index_quotes`, /write CAST\(/],
  ];
  for (const [sql, fix] of cases) {
    const failure = await failureOf(ask(home, sql));
    assert.equal(failure.exitCode, 2);
    assert.match(failure.fix!, fix);
    // What is advised works here.
    const [, instead] = /write ((?:\w+\(.*?\))|LIMIT 10)/.exec(failure.fix!)!;
    const right = instead.startsWith("LIMIT")
      ? `close FROM index_quotes ${instead}`
      : `${instead} FROM index_quotes`;
    assert.equal((await ask(home, `SELECT ${right}`)).length, 1);
  }
  // A word that is no column's name is not blamed for being reserved.
  assert.equal((await failureOf(ask(home, "SELECT close FROM FROM index_quotes"))).fix, undefined);
});

Deno.test("Trino's literals and casts of dates mean here what they mean there", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  const one = async (expression: string) =>
    (await ask(home, `SELECT ${expression} AS x FROM index_quotes`))[0];
  const [[day]] = await ask(home, `SELECT "date" FROM index_quotes`);
  const cases: Array<[expression: string, value: unknown]> = [
    [`"date" >= DATE '${day}'`, 1],
    [`"date" < date '${day}'`, 0],
    [`CAST('2026-01-31' AS DATE)`, "2026-01-31"],
    [`cast('2026-01-31 10:00:00' AS date)`, "2026-01-31"],
    [`try_cast("date" AS date) = "date"`, 1],
    [`date_format(CAST("date" AS DATE), '%Y') = substr("date", 1, 4)`, 1],
    [`TIMESTAMP '2026-01-31 12:00:00'`, "2026-01-31 12:00:00.000"],
    [`TIMESTAMP '2026-01-31 12:00:00' < timestamp '2026-01-31 12:00:00.001'`, 1],
    [`CAST('2026-01-31' AS timestamp)`, "2026-01-31 00:00:00.000"],
    [`'DATE ''2026''' /* DATE '2026' */`, "DATE '2026'"],
    [`CAST(CAST('2026-01-31' AS DATE) AS varchar)`, "2026-01-31"],
  ];
  for (const [expression, value] of cases) {
    const [x] = await one(expression);
    assert.equal(typeof x === "bigint" ? Number(x) : x, value, expression);
  }
  await ask(home, `SELECT (SELECT max(d."date") AS date) FROM index_quotes d`);
});

Deno.test("the file is a plain SQLite database that other programs can read meanwhile", async () => {
  await using home = new Home();
  await putRows(home.lake, [quote(0)]);
  await ask(home, OFFSETS);
  const db = new DatabaseSync(home.catalog, { readOnly: true });
  assert.equal(db.prepare("SELECT close FROM index_quotes").get()!.close, 101);
  db.close();
});
