import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { openAthenaEngine } from "../../mod/catalog/athena/athena_engine.ts";
import { type Answers, AwsRecorder } from "../catalog/aws_recorder.ts";
import { withEnv } from "../lake/s3_bucket.ts";
import {
  awsEnv,
  runTicklake,
  serviceTest,
  spawnTicklake,
  uniqueName,
} from "../services/services.ts";

const SQL = `SELECT "index", n, close, ok, "date" FROM t`;
const TYPES = ["varchar", "bigint", "double", "boolean", "date"];
const NAMES = ["index", "n", "close", "ok", "date"];

const row = (values: Array<string | null>) => ({
  Data: values.map((value) => value === null ? {} : { VarCharValue: value }),
});
const META = {
  ColumnInfo: NAMES.map((Name, i) => ({ Name, Type: TYPES[i] })),
};

/** Athena that runs a query in these states, one after the other, and has these pages of rows. */
function athena(
  { states = ["SUCCEEDED"], pages = [[]], answers = {} }: {
    states?: Array<string | Record<string, unknown>>;
    pages?: Array<Array<Array<string | null>>>;
    answers?: Record<string, Answers>;
  },
) {
  return new AwsRecorder({
    StartQueryExecution: { QueryExecutionId: "q-1" },
    GetQueryExecution: (_, nth) => {
      const state = states[Math.min(nth, states.length - 1)];
      return {
        QueryExecution: {
          QueryExecutionId: "q-1",
          Query: SQL,
          StatementType: "DML",
          Status: typeof state === "string" ? { State: state } : state,
          Statistics: { DataScannedInBytes: 3 * 2 ** 30 },
        },
      };
    },
    GetQueryResults: ({ NextToken }) => {
      const page = Number(NextToken ?? 0);
      const rows = pages[page].map(row);
      return {
        ResultSet: {
          // Only the first page begins with the names.
          Rows: page === 0 ? [row(NAMES), ...rows] : rows,
          ResultSetMetadata: META,
        },
        ...page + 1 < pages.length && { NextToken: String(page + 1) },
      };
    },
    StopQueryExecution: {},
    ...answers,
  });
}

Deno.test("a result comes in its types, over all pages, with what it has cost", async () => {
  await using aws = athena({
    states: ["QUEUED", "RUNNING", "SUCCEEDED"],
    pages: [
      [["HSI", "9007199254740993", "1.5", "true", "2026-01-05"], [null, null, null, null, null]],
      [['a, "b"', "-1", "NaN", "false", "2026-01-06"]],
      [["last", "0", "0.1", "true", "2026-01-07"]],
    ],
  });
  const args = ["query", SQL, "--output-location", "s3://results/here/", "--workgroup", "team"];
  const json = await runTicklake([...args, "--json"], { env: aws.env });
  assert.equal(json.code, 0, json.stderr);
  assert.match(json.stdout, /"n":9007199254740993,/);
  assert.deepEqual(JSON.parse(json.stdout).map((r: { close: unknown }) => r.close), [
    1.5,
    null,
    "NaN",
    0.1,
  ]);
  assert.equal(JSON.parse(json.stdout)[3].index, "last");
  // 3 GiB of 5 dollars a TB.
  assert.match(
    json.stderr,
    /4 rows in .* 3\.0 GiB scanned, about \$0\.01 \(us-east-1 list price of \d{4}-\d\d\), query q-1/,
  );

  const [start] = aws.bodies("StartQueryExecution");
  assert.equal(start.QueryString, SQL);
  assert.equal(start.WorkGroup, "team");
  assert.deepEqual(start.ResultConfiguration, { OutputLocation: "s3://results/here/" });
  assert.deepEqual(start.QueryExecutionContext, {
    Catalog: "AwsDataCatalog",
    Database: "ticklake",
  });
  assert.match(start.ClientRequestToken, /^[\w-]{32,}/);

  const csv = await runTicklake([...args, "--format", "csv"], { env: aws.env });
  assert.deepEqual(parse(csv.stdout), [
    NAMES,
    ["HSI", "9007199254740993", "1.5", "true", "2026-01-05"],
    ["", "", "", "", ""],
    ['a, "b"', "-1", "NaN", "false", "2026-01-06"],
    ["last", "0", "0.1", "true", "2026-01-07"],
  ]);
});

Deno.test("while a query runs, its state and what it has scanned are told", async () => {
  await using aws = athena({
    states: ["QUEUED", "RUNNING", "RUNNING", "SUCCEEDED"],
    pages: [[["HSI", "1", "1.5", "true", "2026-01-05"]]],
  });
  const told: string[] = [];
  await withEnv(aws.env, async () => {
    const engine = openAthenaEngine({
      database: "ticklake",
      workgroup: "primary",
      fallbackOutput: "s3://quotes/athena_results/",
    });
    const { signal } = new AbortController();
    const { pages } = await engine.run(SQL, { signal, onProgress: (text) => told.push(text) });
    assert.equal((await Array.fromAsync(pages)).flat().length, 1);
    engine.close();
  });
  assert.deepEqual(told, [
    "Athena: queued, 0 s, 3.0 GiB scanned",
    "Athena: running, 0 s, 3.0 GiB scanned",
    "Athena: running, 0 s, 3.0 GiB scanned",
  ]);
});

Deno.test("SHOW, DESCRIBE and EXPLAIN have their rows, whether their first one is a heading or not", async () => {
  const cases: Array<[sql: string, columns: string[], rows: string[][], csv: string]> = [
    [
      "SHOW PARTITIONS t",
      ["partition"],
      [["dt=2026-01-05"], ["dt=2026-01-06"]],
      "partition\r\ndt=2026-01-05\r\ndt=2026-01-06\r\n",
    ],
    ["DESCRIBE t", ["col_name", "data_type", "comment"], [[
      "index               \tstring              \t                    ",
    ]], 'col_name,data_type,comment\r\nindex,string,""\r\n'],
    [
      "EXPLAIN SELECT 1",
      ["Query Plan"],
      [["Query Plan"], ["Output[_col0]"]],
      "Query Plan\r\nOutput[_col0]\r\n",
    ],
  ];
  for (const [sql, names, rows, csv] of cases) {
    await using aws = athena({
      answers: {
        GetQueryExecution: {
          QueryExecution: { StatementType: "UTILITY", Status: { State: "SUCCEEDED" } },
        },
        GetQueryResults: {
          ResultSet: {
            Rows: rows.map(row),
            ResultSetMetadata: { ColumnInfo: names.map((Name) => ({ Name, Type: "string" })) },
          },
        },
      },
    });
    const result = await runTicklake(["query", sql, "--format", "csv"], { env: aws.env });
    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.stdout, csv);
    assert.match(result.stderr, /0 B scanned, about \$0 /);
  }
});

Deno.test("a long result is read page by page to its end, in its order", async () => {
  const pages = Array.from(
    { length: 12 },
    (_, page) =>
      Array.from({ length: 999 }, (_, i) => ["HSI", `${page * 999 + i}`, null, null, null]),
  );
  await using aws = athena({ pages });
  const result = await runTicklake(["query", SQL, "--format", "csv"], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  const numbers = result.stdout.trimEnd().split("\r\n").slice(1).map((line) => line.split(",")[1]);
  assert.deepEqual(numbers, Array.from({ length: 12 * 999 }, (_, i) => `${i}`));
  assert.match(result.stderr, /11,988 rows in/);
  const asked = aws.bodies("GetQueryResults");
  assert.deepEqual(asked.map(({ NextToken }) => NextToken ?? "0"), [...pages.keys()].map(String));
  assert.ok(asked.every(({ MaxResults }) => MaxResults === 1000));
});

Deno.test("a workgroup without a place for results gets one in the lake's bucket, and says so", async () => {
  await using aws = athena({
    answers: {
      StartQueryExecution: ({ ResultConfiguration }) =>
        ResultConfiguration === undefined
          ? {
            error: "InvalidRequestException",
            message:
              "No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.",
          }
          : { QueryExecutionId: "q-1" },
    },
  });
  const result = await runTicklake(["query", SQL], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(
    result.stderr,
    /workgroup primary has no result location.*s3:\/\/quotes\/ticklake\/athena_results\//,
  );
  assert.deepEqual(aws.bodies("StartQueryExecution")[1].ResultConfiguration, {
    OutputLocation: "s3://quotes/ticklake/athena_results/",
  });
});

Deno.test("Ctrl-C cancels the query in Athena, and ends with exit 1", async () => {
  await using aws = athena({ states: ["RUNNING"] });
  await using program = spawnTicklake(["query", SQL], { env: aws.env });
  while (aws.bodies("GetQueryExecution").length < 2) await sleep(50);
  const result = await program.stop("SIGINT");
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /stopped: the query was cancelled/);
  assert.deepEqual(aws.bodies("StopQueryExecution"), [{ QueryExecutionId: "q-1" }]);
});

Deno.test("a failed query has the exit code of its cause, the place in the SQL, and a fix", async () => {
  const failed = (StateChangeReason: string, ErrorCategory: number) => ({
    State: "FAILED",
    StateChangeReason,
    AthenaError: { ErrorCategory },
  });
  const cases: Array<[Record<string, unknown>, number, RegExp, RegExp]> = [
    [
      failed("TABLE_NOT_FOUND: line 1:42: Table 'awsdatacatalog.ticklake.t' does not exist", 2),
      2,
      /TABLE_NOT_FOUND.*\(query q-1\)\n {2}SELECT "index".*\n {43}\^/,
      /setup-catalog/,
    ],
    [
      failed("COLUMN_NOT_FOUND: line 1:17: Column 'n' cannot be resolved", 2),
      2,
      /COLUMN_NOT_FOUND/,
      /columns/,
    ],
    [
      failed("HIVE_BAD_DATA: Field close's type INT64 is incompatible", 2),
      1,
      /HIVE_BAD_DATA/,
      /another schema/,
    ],
    [
      failed("Access denied when writing to location: s3://results/", 2),
      3,
      /Access denied/,
      /--print-policy query/,
    ],
    [failed("GENERIC_INTERNAL_ERROR: oops", 1), 1, /GENERIC_INTERNAL_ERROR/, /^/],
    [
      { State: "CANCELLED", StateChangeReason: "Query exceeded the limit" },
      1,
      /cancelled: Query exceeded the limit/,
      /^/,
    ],
  ];
  for (const [status, code, message, fix] of cases) {
    await using aws = athena({ states: ["RUNNING", status] });
    const result = await runTicklake(["query", SQL], { env: aws.env });
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, message);
    assert.match(result.stderr.split("fix: ")[1] ?? "", fix);
    assert.equal(result.stdout, "");
  }
});

Deno.test("what Athena refuses at once is explained", async () => {
  const cases: Array<[string, string, number, RegExp]> = [
    [
      "InvalidRequestException",
      "line 1:8: mismatched input 'index'. Expecting: 'ALL', <expression>",
      2,
      /"index" and "date" stand in double quotes/,
    ],
    ["InvalidRequestException", "WorkGroup team is not found.", 2, /--workgroup/],
    [
      "InvalidRequestException",
      "Unable to verify/create output bucket results",
      2,
      /--output-location/,
    ],
    [
      "AccessDeniedException",
      "User: arn:aws:iam::1:user/ann is not authorized to perform: athena:StartQueryExecution on resource: arn:aws:athena:eu-west-1:1:workgroup/primary",
      3,
      /Allow athena:StartQueryExecution in the policy of arn:aws:iam::1:user\/ann/,
    ],
  ];
  for (const [error, message, code, fix] of cases) {
    await using aws = athena({ answers: { StartQueryExecution: { error, message } } });
    const result = await runTicklake(["query", SQL, "--output-location", "s3://results/"], {
      env: aws.env,
    });
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, fix);
  }
});

Deno.test("statements that write are refused before Athena sees them", async () => {
  await using aws = athena({});
  for (
    const sql of ["DROP TABLE index_quotes", "CREATE TABLE x AS SELECT 1", "SELECT 1; SELECT 2"]
  ) {
    const result = await runTicklake(["query", sql], { env: aws.env });
    assert.equal(result.code, 2, result.stderr);
  }
  assert.deepEqual(aws.requests, []);
});

Deno.test("--engine athena needs a lake in S3", async () => {
  const result = await runTicklake(["query", SQL, "--engine", "athena"]);
  assert.equal(result.code, 2, result.stderr);
  assert.match(result.stderr, /the lake is a directory/);
});

serviceTest("moto's Athena answers with the rows it was given", { needs: ["aws"] }, async () => {
  const { AWS_ENDPOINT_URL } = awsEnv();
  const answer = {
    rows: [row(["index", "n"]), row(["HSI", "3"])],
    column_info: [{ Name: "index", Type: "varchar" }, { Name: "n", Type: "bigint" }],
  };
  const queued = await fetch(`${AWS_ENDPOINT_URL}/moto-api/static/athena/query-results`, {
    method: "POST",
    body: JSON.stringify({ results: [answer] }),
  });
  assert.equal(queued.status, 201, await queued.text());
  const result = await runTicklake(["query", "SELECT 1", "--format", "csv"], {
    env: { ...awsEnv(), AWS_S3_BUCKET: uniqueName("b"), TICKLAKE_ATHENA_OUTPUT: "s3://results/" },
  });
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stdout, "index,n\r\nHSI,3\r\n");
});
