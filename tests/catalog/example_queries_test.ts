import assert from "node:assert/strict";
import { exampleQueries } from "../../mod/catalog/example_queries.ts";
import { readOnlyStatement } from "../../mod/catalog/statement.ts";
import type { Value } from "../../mod/catalog/engine.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { withEmbedded } from "../commands/consume_place.ts";
import { python, runTicklake, serviceTest } from "../services/services.ts";
import { ask } from "./ask.ts";
import { Home } from "./quotes_lake.ts";

/** Rows of the lake about which both engines are asked. */
const ROWS = Number(Deno.env.get("TEST_LAKE_ROWS") ?? 1_000_000);

/** Answers of DuckDB to statements in a file, about a lake with objects of a format. */
const DUCKDB = `
import duckdb, json, sys
lake, file, ending = sys.argv[1:]
c = duckdb.connect()
read = "read_parquet('%s'" if ending == "parquet" else "read_json('%s', format = 'newline_delimited'"
c.execute(("CREATE VIEW index_quotes AS SELECT * FROM " + read + ", hive_partitioning = true, hive_types_autocast = false)")
    % ("%s/index_quotes/**/*.%s" % (lake, ending)))
answers = [c.execute(sql).fetchall() for sql in json.load(open(file))]
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
    const examples = exampleQueries(await loadSchema()).slice(0, 5);
    const sql = [...examples.map(({ sql }) => sql), NUMBERS];
    const theirs = await answersOfDuckDb(`${home.path}/lake`, sql, "parquet");
    for (const [i, statement] of sql.entries()) {
      const name = examples[i]?.name ?? "numbers";
      const ours = await ask(home, readOnlyStatement(statement));
      assert.ok(ours.length > 0, `${name} has no rows`);
      sameRows(ours, theirs[i], name);
    }
  },
);

for (const [format, ending] of [["parquet", "parquet"], ["jsonl", "jsonl.gz"]]) {
  serviceTest(
    `the five examples give the same answers here and in DuckDB, of a lake that consume wrote as ${format}`,
    { needs: ["python"] },
    () =>
      withEmbedded(async (place) => {
        const run = async (...args: string[]) => {
          const result = await runTicklake(args, place);
          assert.equal(result.code, 0, result.stderr);
          return result.stdout;
        };
        // Some quotes come twice, which counts once.
        const replay = ["produce", "--mode", "replay", "--loop", "--rate", "max"];
        await run(...replay, "--count", "25000");
        await run("consume", "--until-end", "--format", format, "--flush-rows", "4000");
        const examples = exampleQueries(await loadSchema()).slice(0, 5);
        const sql = [...examples.map(({ sql }) => sql), NUMBERS];
        const theirs = await answersOfDuckDb(`${place.cwd}/.ticklake/lake`, sql, ending);
        for (const [i, statement] of sql.entries()) {
          const name = examples[i]?.name ?? "numbers";
          const words = i < examples.length ? ["--example", name] : [statement];
          const ours = JSON.parse(await run("query", "--json", ...words)) as Value[][];
          if (name !== "gaps") assert.ok(ours.length > 0, `${name} has no rows`);
          sameRows(ours.map((row) => Object.values(row)), theirs[i], name);
        }
      }),
  );
}

async function answersOfDuckDb(lake: string, sql: string[], ending: string): Promise<Value[][][]> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify(sql));
  try {
    return JSON.parse(await python(DUCKDB, [lake, file, ending]));
  } finally {
    await Deno.remove(file);
  }
}

function sameRows(ours: Value[][], theirs: Value[][], name: string): void {
  assert.equal(ours.length, theirs.length, name);
  ours.forEach((row, r) =>
    row.forEach((value, c) => same(value, theirs[r][c], `${name} ${r},${c}`))
  );
}

function same(ours: Value, theirs: Value, place: string): void {
  if (typeof ours !== "number" && typeof ours !== "bigint") {
    // DuckDB's date_trunc of a date is a timestamp; Athena's is a date, as ours.
    return assert.equal(ours, String(theirs).replace(/ 00:00:00$/, ""), place);
  }
  const difference = Math.abs(Number(ours) - Number(theirs));
  const close = difference <= 1e-9 * Math.max(1, Math.abs(Number(theirs)));
  assert.ok(close, `${place}: ${ours}, in DuckDB ${theirs}`);
}

Deno.test("a schema without the columns of index quotes has examples for what it has", async () => {
  const schema = await loadSchema();
  const other = { ...schema, columns: schema.columns.filter(({ name }) => name !== "volume") };
  const names = exampleQueries(other).map(({ name }) => name);
  assert.deepEqual(names, ["newest", "arrivals", "counts", "spread", "latest"]);
  const renamed = exampleQueries({ ...schema, table: "ticks" });
  assert.ok(renamed.every(({ sql }) => sql.includes("ticks") && !sql.includes("index_quotes")));
  const texts = { ...schema, key: [], columns: [{ ...schema.columns[0], name: "order" }] };
  const [, , counts] = exampleQueries(texts);
  assert.match(counts.sql, /GROUP BY "order"/, "a reserved word is quoted");
});
