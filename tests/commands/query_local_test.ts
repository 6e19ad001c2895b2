import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { localCatalogPath } from "../../mod/commands/local_catalog_path.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { Home, putRows, quote } from "../catalog/quotes_lake.ts";
import { withEnv } from "../lake/s3_bucket.ts";
import { runTicklake, type TicklakeOptions } from "../services/services.ts";

const SQL = `SELECT "index", "date", close FROM index_quotes ORDER BY kafka_offset`;

async function home(): Promise<Home> {
  const home = new Home();
  await putRows(home.lake, [quote(0), quote(1, { index: "N,Y", close: -0.5 })]);
  return home;
}

function query({ path }: Home, args: string[], options?: TicklakeOptions) {
  return runTicklake(["query", "--home", path, ...args], options);
}

Deno.test("a result is a table, CSV or JSON, as --format or --json says", async () => {
  await using place = await home();
  const table = await query(place, [SQL]);
  assert.equal(table.code, 0, table.stderr);
  assert.equal(
    table.stdout,
    [
      "index  date        close",
      "-----  ----------  -----",
      "HSI    2026-01-05    101",
      "N,Y    2026-01-05   -0.5",
      "",
    ].join("\n"),
  );
  assert.match(table.stderr, /^query on SQLite over the directory .*\n2 rows in [\d.]+ s\n$/);
  const rows = [
    { index: "HSI", date: "2026-01-05", close: 101 },
    { index: "N,Y", date: "2026-01-05", close: -0.5 },
  ];
  const csv = await query(place, [SQL, "--format", "csv", "--json"]);
  assert.deepEqual(
    parse(csv.stdout, { columns: true }),
    rows.map((row) => ({ ...row, close: String(row.close) })),
  );
  for (const words of [["--format", "json"], ["--json"]]) {
    assert.deepEqual(JSON.parse((await query(place, [SQL, ...words])).stdout), rows);
  }
});

Deno.test("the SQL comes as an argument, from a file or from standard input, and from one of them", async () => {
  await using place = await home();
  const file = `${place.path}/report.sql`;
  await Deno.writeTextFile(file, `-- closes\n${SQL};\n`);
  const expected = (await query(place, [SQL])).stdout;
  assert.equal((await query(place, ["--file", file])).stdout, expected);
  assert.equal((await query(place, ["--file", "-"], { stdin: SQL })).stdout, expected);
  const cases: Array<[string[], RegExp]> = [
    [[], /expected SQL as an argument or --file FILE, found neither\n {2}fix: .*--example/],
    [[SQL, "--file", file], /expected SQL as an argument or --file FILE, found both/],
    [["--file", `${file}x`], /--file .*report\.sqlx cannot be read: /],
    [["--example", "gap"], /expected one of daily-move, .*gaps, .*; found "gap"/],
    [["DELETE FROM index_quotes"], /query only reads/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await query(place, args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, "");
  }
});

Deno.test("--example lists queries, and what it lists runs as it is", async () => {
  await using place = await home();
  const list = await query(place, ["--example"]);
  const texts = list.stdout.split(/(?<=;)\n+/).filter((text) => text.trim() !== "");
  assert.ok(texts.length >= 10, String(texts.length));
  for (const text of texts) {
    const name = /ticklake query --example (\S+)/.exec(text)![1];
    const [pasted, named] = await Promise.all([
      query(place, ["--file", "-", "--json"], { stdin: text }),
      query(place, ["--example", name, "--json"]),
    ]);
    assert.equal(pasted.code, 0, pasted.stderr);
    assert.equal(pasted.stdout, named.stdout);
  }
});

Deno.test("each lake has a catalog of its own: by server, bucket and path", async () => {
  const path = (environment: Record<string, string>) =>
    withEnv(
      { AWS_ENDPOINT_URL: "", AWS_ENDPOINT_URL_S3: "", ...environment },
      () => localCatalogPath(loadSettings({ flags: {}, environment }).settings),
    );
  const lakes: Array<Record<string, string>> = [
    {},
    { AWS_S3_BUCKET: "a" },
    { AWS_S3_BUCKET: "b" },
    { AWS_S3_BUCKET: "a", TICKLAKE_PREFIX: "other" },
    { AWS_S3_BUCKET: "a", AWS_ENDPOINT_URL: "http://one:9000" },
    { AWS_S3_BUCKET: "a", AWS_ENDPOINT_URL_S3: "http://two:9000" },
    { AWS_S3_BUCKET: "a", AWS_ENDPOINT_URL_S3: "http://three:9000" },
  ];
  const paths = [];
  for (const lake of lakes) paths.push(await path(lake));
  assert.equal(new Set(paths).size, lakes.length, paths.join());
  assert.equal(await path(lakes[4]), paths[4]);
});

Deno.test("what only Athena has is answered with the tables and columns that there are", async () => {
  await using place = await home();
  for (const sql of ["SHOW TABLES", "describe index_quotes"]) {
    const { code, stderr } = await query(place, [sql]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /fix: Only Athena has SHOW, DESCRIBE and TABLE/);
    assert.match(stderr, /index_quotes\("index", "date", open, .*kafka_timestamp, dt\)/);
  }
});

Deno.test("a column or table that does not exist is answered with the one that was probably meant", async () => {
  await using place = await home();
  for (
    const [sql, meant] of [
      ["SELECT clos FROM index_quotes", "close"],
      ["SELECT q.Hihg FROM index_quotes q", "high"],
      ["SELECT indx FROM index_quotes", '"index"'],
      ["SELECT 1 FROM index_quote", "index_quotes"],
    ]
  ) {
    const { code, stderr } = await query(place, [sql]);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`fix: Did you mean ${meant}? Tables and columns:\n`), stderr);
  }
  const { stderr } = await query(place, ["SELECT nothing_like_it FROM index_quotes"]);
  assert.match(stderr, /fix: Tables and columns:\n +index_quotes\(/);
});
