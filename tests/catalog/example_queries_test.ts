import assert from "node:assert/strict";
import { exampleQueries } from "../../mod/catalog/example_queries.ts";
import { readOnlyStatement } from "../../mod/catalog/statement.ts";
import type { Value } from "../../mod/catalog/engine.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { python, serviceTest } from "../services/services.ts";
import { ask } from "./ask.ts";
import { Home } from "./quotes_lake.ts";

/** Rows of the lake about which both engines are asked. */
const ROWS = Number(Deno.env.get("TEST_LAKE_ROWS") ?? 1_000_000);

const DUCKDB = `
import duckdb, json, sys
c = duckdb.connect()
c.execute("CREATE VIEW index_quotes AS SELECT * FROM read_parquet('%s/index_quotes/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)" % sys.argv[1])
answers = [c.execute(sql).fetchall() for sql in json.load(open(sys.argv[2]))]
print(json.dumps(answers, default=str))
`;

const NUMBERS = `SELECT dt, count(*), sum(volume), max(kafka_offset), count(DISTINCT "index")
  FROM index_quotes GROUP BY dt ORDER BY dt`;

serviceTest(
  `the five examples give the same answers here and in DuckDB, on ${
    ROWS.toLocaleString("en-US")
  } rows`,
  { needs: ["python"] },
  async () => {
    await using home = new Home();
    await python(new URL("example_lake.py", import.meta.url), [`${home.path}/lake`, `${ROWS}`]);
    const examples = exampleQueries(await loadSchema());
    const sql = [...examples.map(({ sql }) => sql), NUMBERS];
    await Deno.writeTextFile(`${home.path}/sql.json`, JSON.stringify(sql));
    const theirs = JSON.parse(
      await python(DUCKDB, [`${home.path}/lake`, `${home.path}/sql.json`]),
    ) as Value[][][];
    for (const [i, statement] of sql.entries()) {
      const name = examples[i]?.name ?? "numbers";
      const ours = await ask(home, readOnlyStatement(statement));
      assert.ok(ours.length > 0, `${name} has no rows`);
      assert.equal(ours.length, theirs[i].length, name);
      ours.forEach((row, r) =>
        row.forEach((value, c) => same(value, theirs[i][r][c], `${name} ${r},${c}`))
      );
    }
  },
);

function same(ours: Value, theirs: Value, place: string): void {
  if (typeof ours !== "number" && typeof ours !== "bigint") {
    // DuckDB's date_trunc of a date is a timestamp; Athena's is a date, as ours.
    return assert.equal(ours, String(theirs).replace(/ 00:00:00$/, ""), place);
  }
  const difference = Math.abs(Number(ours) - Number(theirs));
  const close = difference <= 1e-9 * Math.max(1, Math.abs(Number(theirs)));
  assert.ok(close, `${place}: ${ours}, in DuckDB ${theirs}`);
}

Deno.test("a schema without the columns of index quotes has no examples", async () => {
  const schema = await loadSchema();
  const other = { ...schema, columns: schema.columns.filter(({ name }) => name !== "volume") };
  assert.throws(() => exampleQueries(other), (error) => {
    assert.ok(error instanceof Failure);
    assert.match(error.message, /no column volume/);
    return true;
  });
  const renamed = exampleQueries({ ...schema, table: "ticks" });
  assert.ok(renamed.every(({ sql }) => sql.includes("ticks") && !sql.includes("index_quotes")));
});
