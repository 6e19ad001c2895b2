import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { defineFunctions } from "../../../mod/catalog/local/sql_functions.ts";
import { python, serviceTest } from "../../services/services.ts";

function sqlite(sql: string): unknown {
  const db = new DatabaseSync(":memory:");
  defineFunctions(db);
  const row = db.prepare(`SELECT ${sql} AS x`).get()!;
  db.close();
  return row.x;
}

Deno.test("dates: Athena's functions, at the edges of months and years", () => {
  const cases: Array<[string, unknown]> = [
    ["year('2026-11-24')", 2026],
    ["month('2026-11-24 10:00:00.000')", 11],
    ["quarter('2026-12-31')", 4],
    ["day('2026-11-24')", 24],
    ["day_of_week('2026-11-22')", 7],
    ["day_of_week('1969-12-29')", 1],
    ["date_trunc('month', '2026-11-24')", "2026-11-01"],
    ["date_trunc('week', '2026-11-22')", "2026-11-16"],
    ["date_trunc('quarter', '2026-12-31')", "2026-10-01"],
    ["date_trunc('hour', '2026-11-24 10:59:59.999')", "2026-11-24 10:00:00.000"],
    ["date_trunc('year', '2026-11-24 10:59:59.999')", "2026-01-01 00:00:00.000"],
    ["date_diff('day', '2026-02-27', '2026-03-01')", 2],
    ["date_diff('day', '2026-03-01', '2026-02-27')", -2],
    // From the 31st to the last day of a month is whole: tests/trino asks Trino itself.
    ["date_diff('month', '2026-01-31', '2026-02-28')", 1],
    ["date_diff('month', '2026-01-15', '2026-03-15')", 2],
    ["date_diff('year', '2024-02-29', '2025-02-28')", 1],
    ["date_diff('hour', '2026-01-01 00:30:00.000', '2026-01-01 02:00:00.000')", 1],
    ["date_add('month', 1, '2026-01-31')", "2026-02-28"],
    ["date_add('day', -1, '2026-03-01')", "2026-02-28"],
    ["date_add('year', -1, '2024-02-29')", "2023-02-28"],
    ["date_diff('day', NULL, '2026-01-01')", null],
  ];
  for (const [sql, expected] of cases) assert.equal(sqlite(sql), expected, sql);
});

Deno.test("a unit or a date that is none is named", () => {
  assert.throws(
    () => sqlite("date_trunc('fortnight', '2026-01-01')"),
    /fortnight.*not a unit of time/,
  );
  assert.throws(() => sqlite("year('yesterday')"), /yesterday.*not a date/);
});

Deno.test("mathematics: null and impossible arguments give null", () => {
  assert.equal(sqlite("sqrt(2)"), Math.SQRT2);
  assert.equal(sqlite("sqrt(NULL)"), null);
  assert.equal(sqlite("ln(-1)"), null);
  assert.equal(sqlite("mod(7, 3)"), 1);
  assert.equal(sqlite("mod(7, 0)"), null);
  assert.equal(sqlite("power(2, 10)"), 1024);
});

Deno.test("aggregates of no rows, and of one, are null where a spread needs two", () => {
  const of = (sql: string, values: string) => {
    const db = new DatabaseSync(":memory:");
    defineFunctions(db);
    const row = db.prepare(`SELECT ${sql} AS x FROM (${values})`).get()!;
    db.close();
    return row.x;
  };
  const none = "SELECT 1 AS a, 2 AS b WHERE false";
  const one = "SELECT 5 AS a, 2 AS b UNION ALL SELECT NULL, 9";
  for (const sql of ["stddev_samp(a)", "corr(a, b)", "max_by(a, b)", "var_pop(a)"]) {
    assert.equal(of(sql, none), null, sql);
  }
  assert.equal(of("stddev_samp(a)", one), null);
  assert.equal(of("stddev_pop(a)", one), 0);
  assert.equal(of("max_by(b, a)", one), 2);
  assert.equal(of("max_by(a, b)", one), null);
});

serviceTest(
  "results agree with DuckDB's functions of the same name",
  { needs: ["python"] },
  async () => {
    const values = Array.from(
      { length: 50 },
      (_, i) => [1e6 + ((i * 7919) % 101) / 7, ((i * 31) % 53) - 20],
    );
    const table = `(VALUES ${values.map(([a, b]) => `(${a}, ${b})`).join(", ")})`;
    const functions = [
      "stddev_samp(a)",
      "stddev_pop(a)",
      "var_samp(a)",
      "var_pop(a)",
      "corr(a, b)",
      "covar_samp(a, b)",
      "covar_pop(a, b)",
      "max_by(a, b)",
      "min_by(a, b)",
      "sum(ln(a))",
      "sum(sqrt(a))",
      "avg(exp(b / 10.0))",
      "sum(cbrt(a))",
      "sum(log10(a))",
      "sum(floor(a))",
      "sum(ceil(a))",
      "sum(power(a, 0.5))",
    ];
    const names = [
      "date_trunc('week', d)",
      "date_trunc('quarter', d)",
      "year(d)",
      "quarter(d)",
      "date_diff('day', DATE1, d)",
    ];
    const days = ["2024-02-29", "2024-12-31", "2025-01-01", "1969-07-20"];
    const script = `
import duckdb, json, sys
c = duckdb.connect()
one = c.execute(${
      JSON.stringify(`SELECT ${functions.join(", ")} FROM ${table} t(a, b)`)
    }).fetchone()
rows = [[str(v)[:10] for v in c.execute("SELECT " + ${
      JSON.stringify(names.join(", ").replace("DATE1", "DATE '2000-01-01'"))
    } + " FROM (SELECT DATE '%s' AS d)" % day).fetchone()] for day in ${JSON.stringify(days)}]
print(json.dumps([[float(v) for v in one], rows]))`;
    const [one, rows] = JSON.parse(await python(script));
    const db = new DatabaseSync(":memory:");
    defineFunctions(db);
    const ours = Object.values(
      db.prepare(
        `WITH t(a, b) AS ${table} SELECT ${
          functions.map((f, i) => `${f} AS c${i}`).join(", ")
        } FROM t`,
      )
        .get()!,
    ) as number[];
    functions.forEach((name, i) => {
      assert.ok(
        Math.abs(ours[i] - one[i]) <= 1e-9 * Math.max(1, Math.abs(one[i])),
        `${name}: ${ours[i]}, DuckDB ${one[i]}`,
      );
    });
    const ourRows = days.map((day) =>
      Object.values(
        db.prepare(`SELECT ${
          names.map((f, i) => `${f.replace("DATE1", "'2000-01-01'")} AS c${i}`).join(", ")
        } FROM (SELECT '${day}' AS d)`)
          .get()!,
      ).map(String)
    );
    assert.deepEqual(ourRows, rows);
    db.close();
  },
);

Deno.test("what people use of Trino daily: formats, parts, texts, patterns, extremes", () => {
  const at = "'2022-10-20 05:10:00.123'";
  const cases: Array<[string, unknown]> = [
    // Trino's own examples, "Date and time functions" and "String functions", where it has them.
    [`date_format(${at}, '%m-%d-%Y %H')`, "10-20-2022 05"],
    [
      `date_format(${at}, '%Y-%m-%d %T.%f %p %W %M %a %b')`,
      "2022-10-20 05:10:00.123000 AM Thursday October Thu Oct",
    ],
    [`date_format(${at}, '%e %c %k %l %j %y %%')`, "20 10 5 5 293 22 %"],
    ["date_format('2021-01-03', '%x-%v')", "2020-53"],
    ["week('2021-01-03')", 53],
    ["year_of_week('2021-01-03')", 2020],
    ["day_of_year('2024-12-31')", 366],
    [`hour(${at})`, 5],
    [`minute(${at})`, 10],
    ["last_day_of_month('2024-02-10')", "2024-02-29"],
    ["to_unixtime('1970-01-02 00:00:00.500')", 86400.5],
    ["from_unixtime(86400)", "1970-01-02 00:00:00.000"],
    ["split_part('a,b,c', ',', 2)", "b"],
    ["split_part('a', ',', 2)", null],
    ["strpos('high', 'g')", 3],
    ["strpos('high', 'z')", 0],
    ["lpad('7', 3, '0')", "007"],
    ["rpad('long', 2, 'x')", "lo"],
    ["regexp_like('1a 2b 14m', '\\d+b')", 1],
    ["regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "a"],
    ["regexp_extract('abc', 'x')", null],
    ["regexp_replace('1a 2b', '\\d', 'n')", "na nb"],
    ["starts_with('GSPTSE', 'GS')", 1],
    ["reverse('NYA')", "AYN"],
    ["greatest(1, 3, 2)", 3],
    ["least(1, NULL, 2)", null],
    ["(SELECT count_if(x > 1) FROM (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 3))", 2],
    [
      "(SELECT approx_distinct(x) FROM (SELECT 1 AS x UNION ALL SELECT 1 UNION ALL SELECT NULL))",
      1,
    ],
    [
      "(SELECT approx_percentile(x, 0.5) FROM (SELECT 1 AS x UNION ALL SELECT 3 UNION ALL SELECT 9))",
      3,
    ],
    ["date_format(NULL, '%Y')", null],
  ];
  for (const [sql, expected] of cases) assert.equal(sqlite(sql), expected, sql);
  assert.throws(() => sqlite("date_format('2026-01-01', '%U')"), /%U is not supported/);
});
