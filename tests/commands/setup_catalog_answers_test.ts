import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { type Answers, AwsRecorder, NOT_FOUND } from "../catalog/aws_recorder.ts";
import { freePort } from "../services/free_port.ts";
import { runTicklake, spawnTicklake } from "../services/services.ts";

/** A crawler as the set-up wants it, in Glue's words. */
const CRAWLER = {
  Name: "ticklake-index_quotes",
  Role: "crawl",
  DatabaseName: "ticklake",
  State: "READY",
  Targets: {
    S3Targets: [{
      Path: "s3://quotes/ticklake/index_quotes/",
      Exclusions: ["dead_letter/**", "**/dead_letter/**"],
    }],
  },
  SchemaChangePolicy: { UpdateBehavior: "LOG", DeleteBehavior: "LOG" },
  RecrawlPolicy: { RecrawlBehavior: "CRAWL_NEW_FOLDERS_ONLY" },
  Configuration:
    '{"Grouping":{"TableGroupingPolicy":"CombineCompatibleSchemas"},"Version":1.0,"CrawlerOutput":{"Partitions":{"AddOrUpdateBehavior":"InheritFromTable"}}}',
};

Deno.test("a crawler that differs is updated, in the fields that differ", async () => {
  const crawler = {
    ...CRAWLER,
    Role: "arn:aws:iam::123456789012:role/service-role/crawl",
    Schedule: { ScheduleExpression: "cron(0 1 * * ? *)", State: "SCHEDULED" },
    Targets: { S3Targets: [{ Path: "s3://quotes/old/", Exclusions: [] }] },
  };
  await using aws = new AwsRecorder({
    GetCrawler: { Crawler: crawler },
    GetDatabase: { Database: { Name: "ticklake" } },
    GetTable: NOT_FOUND,
    GetTables: { TableList: [] },
    UpdateCrawler: [
      { error: "CrawlerRunningException", message: "Crawler with name x is running" },
      {},
    ],
  });
  const args = ["setup-catalog", "--role", "crawl", "--schedule", "cron(30 6 * * ? *)"];
  const plan = await runTicklake([...args, "--dry-run"], { env: aws.env });
  assert.equal(plan.code, 0, plan.stderr);
  assert.match(plan.stdout, /would update +crawler/);
  assert.ok(aws.actions.every((action) => action.startsWith("Get")), "--dry-run only reads");

  const result = await runTicklake(args, { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(
    result.stdout,
    /updated +crawler +ticklake-index_quotes\n +schedule: cron\(0 1 \* \* \? \*\) -> cron\(30 6/,
  );
  assert.match(
    result.stdout,
    /targets: .*s3:\/\/quotes\/old\/.* -> .*s3:\/\/quotes\/ticklake\/index_quotes\//,
  );
  assert.doesNotMatch(result.stdout, /role:|configuration:|recrawl:|schema changes:/);
  // It ran at first: the update was tried again.
  const updates = aws.bodies("UpdateCrawler");
  assert.equal(updates.length, 2);
  assert.equal(updates[1].Role, "crawl");
  assert.equal(updates[1].Schedule, "cron(30 6 * * ? *)");
  assert.deepEqual(updates[1].Targets.S3Targets[0].Exclusions, [
    "dead_letter/**",
    "**/dead_letter/**",
  ]);
});

Deno.test("a plan says how each new part would be made, and only reads", async () => {
  await using aws = new AwsRecorder({
    GetCrawler: NOT_FOUND,
    GetDatabase: NOT_FOUND,
    GetTable: NOT_FOUND,
    GetTables: NOT_FOUND,
  });
  const plan = async (...args: string[]) => {
    const result = await runTicklake(["setup-catalog", "--dry-run", ...args], { env: aws.env });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  };
  const schedule = ["--schedule", "cron(15 6 * * ? *)"];
  const crawler = await plan("--role", "crawl", "--run", ...schedule);
  assert.match(crawler, /^would create +database +ticklake$/m);
  assert.match(crawler, /^would create +crawler +ticklake-index_quotes$/m);
  for (
    const line of [
      "role: crawl",
      "schedule: cron(15 6 * * ? *)",
      "targets: s3://quotes/ticklake/index_quotes/ without dead_letter/** without **/dead_letter/**",
      "recrawl: CRAWL_NEW_FOLDERS_ONLY",
      "schema changes: UpdateBehavior LOG, DeleteBehavior LOG",
      "configuration: Version 1, AddOrUpdateBehavior InheritFromTable, TableGroupingPolicy CombineCompatibleSchemas",
    ]
  ) {
    assert.ok(crawler.includes(`  ${line}\n`), `${line} is not in\n${crawler}`);
  }
  assert.match(crawler, /^would run the crawler$/m);

  const table = await plan("--projection", "--partition-by", "dt,hour");
  assert.match(table, /^would create +table +index_quotes$/m);
  assert.match(table, /location: s3:\/\/quotes\/ticklake\/index_quotes\/$/m);
  assert.match(table, /columns: "index" string, "date" date, open double, /);
  assert.match(table, /partitioned by: dt string, hour string$/m);
  assert.match(table, /projection.hour.range: 0,23$/m);
  assert.doesNotMatch(table, /crawler/);
  assert.ok(aws.actions.every((action) => /^Get|^GET /.test(action)), aws.actions.join());
});

/** The table as the crawler makes it, with what the crawler has noted in it. */
const CRAWLED = {
  Name: "index_quotes",
  TableType: "EXTERNAL_TABLE",
  Owner: "owner",
  Parameters: { UPDATED_BY_CRAWLER: "ticklake-index_quotes", recordCount: "12" },
  PartitionKeys: [{ Name: "dt", Type: "string" }],
  StorageDescriptor: {
    Location: "s3://quotes/ticklake/index_quotes/",
    Columns: [
      ["index", "string"],
      ["date", "date"],
      ...["open", "high", "low", "close", "adj_close"].map((name) => [name, "double"]),
      ["volume", "bigint"],
      ["kafka_partition", "bigint"],
      ["kafka_offset", "bigint"],
      ["kafka_timestamp", "timestamp"],
    ].map(([Name, Type]) => ({ Name, Type })),
    SerdeInfo: {
      SerializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    },
  },
};

Deno.test("a crawled table gets the schema's new column, and keeps all that the crawler noted", async () => {
  await using aws = crawling([], { GetTable: { Table: CRAWLED }, UpdateTable: {} });
  const result = await runTicklake(["setup-catalog"], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(
    result.stdout,
    /^updated +table +index_quotes\n +column close_usd: added, double\n/m,
  );
  const [{ TableInput }] = aws.bodies("UpdateTable");
  assert.deepEqual(TableInput, {
    ...CRAWLED,
    StorageDescriptor: {
      ...CRAWLED.StorageDescriptor,
      Columns: [...CRAWLED.StorageDescriptor.Columns, { Name: "close_usd", Type: "double" }],
    },
  });
});

Deno.test("a crawled table whose column has another type is left alone, with the reason", async () => {
  const columns = CRAWLED.StorageDescriptor.Columns.map((column) =>
    ["date", "volume"].includes(column.Name) ? { ...column, Type: "string" } : column
  );
  const Table = {
    ...CRAWLED,
    StorageDescriptor: { ...CRAWLED.StorageDescriptor, Columns: columns },
  };
  await using aws = crawling([], { GetTable: { Table }, UpdateTable: {} });
  const result = await runTicklake(["setup-catalog"], { env: aws.env });
  assert.equal(result.code, 1, result.stderr);
  assert.match(
    result.stderr,
    /table index_quotes cannot be changed: column "date" is string in the existing objects, and would become date; column volume is string/,
  );
  assert.match(
    result.stderr,
    /fix: Objects are never rewritten: give the schema another table name/,
  );
  assert.ok(aws.actions.every((action) => /^Get|^GET /.test(action)), aws.actions.join());
});

Deno.test("--delete keeps a database in which others have tables, however many pages those fill", async () => {
  const MARK = "Made by ticklake setup-catalog";
  await using aws = new AwsRecorder({
    GetCrawler: { Crawler: { ...CRAWLER, Description: MARK } },
    DeleteCrawler: {},
    GetDatabase: { Database: { Name: "ticklake", Description: MARK } },
    GetTables: ({ NextToken }) =>
      NextToken === undefined
        ? { TableList: [CRAWLED], NextToken: "1" }
        : NextToken === "1"
        ? { TableList: [], NextToken: "2" }
        : { TableList: [{ Name: "theirs" }] },
    DeleteTable: {},
  });
  const result = await runTicklake(["setup-catalog", "--delete"], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /^kept +database +ticklake\n +has other tables: theirs$/m);
  assert.deepEqual(aws.bodies("DeleteTable").map(({ Name }) => Name), ["index_quotes"]);
  assert.deepEqual(aws.bodies("DeleteDatabase"), []);
});

Deno.test("--delete stops a crawler that runs, and waits until it can be deleted", async () => {
  const running = { error: "CrawlerRunningException", message: "it is stopping" };
  await using aws = new AwsRecorder({
    GetCrawler: {
      Crawler: { ...CRAWLER, Description: "Made by ticklake setup-catalog", State: "RUNNING" },
    },
    StopCrawler: {},
    DeleteCrawler: [running, running, {}],
    GetDatabase: NOT_FOUND,
    GetTables: NOT_FOUND,
  });
  const result = await runTicklake(["setup-catalog", "--delete"], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /^deleted +crawler/m);
  const deeds = aws.actions.filter((action) => /^(Stop|Delete)/.test(action));
  assert.deepEqual(deeds, ["StopCrawler", "DeleteCrawler", "DeleteCrawler", "DeleteCrawler"]);
});

/**
 * Glue with a catalog that is as it should be. Once started, its crawler goes through these states.
 */
function crawling(states: Array<Record<string, unknown>>, answers: Record<string, Answers> = {}) {
  let at = -1;
  return new AwsRecorder({
    GetDatabase: { Database: { Name: "ticklake" } },
    GetTable: NOT_FOUND,
    GetTables: {
      TableList: [{
        Name: "index_quotes",
        PartitionKeys: [{ Name: "dt", Type: "string" }],
        StorageDescriptor: {
          Location: "s3://quotes/ticklake/index_quotes/",
          Columns: [{ Name: "date", Type: "date" }],
        },
      }],
    },
    GetPartitions: () => ({ Partitions: Array.from({ length: at < 0 ? 3 : 5 }, () => ({})) }),
    GetCrawler: () => ({
      Crawler: { ...CRAWLER, ...at < 0 ? {} : states[Math.min(at++, states.length - 1)] },
    }),
    StartCrawler: () => {
      at = 0;
      return {};
    },
    ...answers,
  });
}

const SUCCEEDED = { State: "READY", LastCrawl: { Status: "SUCCEEDED" } };
const RUN = ["setup-catalog", "--run", "--wait"];

Deno.test("--run --wait waits for the crawl and says what it has found", async () => {
  await using aws = crawling([{ State: "RUNNING" }, { State: "STOPPING" }, SUCCEEDED]);
  const result = await runTicklake(RUN, { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /the crawl has succeeded in \d+ s, 2 new partitions/);
  assert.match(
    result.stdout,
    /table index_quotes: "date" date\n {2}partitioned by dt string: 5 partitions/,
  );
});

Deno.test("what the crawl before has come to is not taken for this one's end", async () => {
  const before = { Status: "FAILED", ErrorMessage: "yesterday's", StartTime: 1_700_000_000 };
  const now = { Status: "SUCCEEDED", StartTime: 1_800_000_000 };
  const old = { State: "READY", LastCrawl: before };
  let starts = 0;
  let looks = 0;
  await using aws = crawling([], {
    // For some time Glue has not noticed; the crawl itself is over between two looks.
    GetCrawler: () => ({
      Crawler: {
        ...CRAWLER,
        ...starts === 0 || ++looks < 3 ? old : { State: "READY", LastCrawl: now },
      },
    }),
    StartCrawler: () => {
      starts++;
      return {};
    },
  });
  const result = await runTicklake(RUN, { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /the crawl has succeeded/);
  assert.equal(looks, 3);
});

Deno.test("--run without --wait does not wait", async () => {
  await using aws = crawling([{ State: "RUNNING" }]);
  const result = await runTicklake(["setup-catalog", "--run"], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /the crawl continues/);
});

Deno.test("a crawler that runs already is waited for, which is no error", async () => {
  let looks = 0;
  await using aws = crawling([], {
    StartCrawler: { error: "CrawlerRunningException", message: "already running" },
    GetCrawler: () => ({
      Crawler: { ...CRAWLER, ...++looks < 5 ? { State: "RUNNING" } : SUCCEEDED },
    }),
  });
  const result = await runTicklake([...RUN, "--json"], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  const { crawl } = JSON.parse(result.stdout);
  assert.equal(crawl.joined, true);
  assert.equal(crawl.state, "SUCCEEDED");
});

Deno.test("a failed crawl is exit 1 with its last message and where its log is", async () => {
  await using aws = crawling([{ State: "RUNNING" }, {
    State: "READY",
    LastCrawl: {
      Status: "FAILED",
      ErrorMessage: "Internal Service Exception",
      LogGroup: "/aws-glue/crawlers",
      LogStream: "ticklake-index_quotes",
    },
  }]);
  const result = await runTicklake(RUN, { env: aws.env });
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /the crawl has failed: Internal Service Exception/);
  assert.match(result.stderr, /log \/aws-glue\/crawlers, stream ticklake-index_quotes/);
});

Deno.test("a crawl that does not end in time is exit 3, and says its state", async () => {
  await using aws = crawling([{ State: "RUNNING" }]);
  const result = await runTicklake([...RUN, "--timeout", "2s"], { env: aws.env });
  assert.equal(result.code, 3, result.stderr);
  assert.match(result.stderr, /crawler ticklake-index_quotes is running, for \d+ s now/);
  assert.match(result.stderr, /--timeout/);
});

Deno.test("SIGINT ends the waiting with exit 1, as the crawl is not done", async () => {
  await using aws = crawling([{ State: "RUNNING" }]);
  await using program = spawnTicklake(RUN, { env: aws.env });
  while (aws.bodies("StartCrawler").length === 0) await sleep(50);
  const result = await program.stop("SIGINT");
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /stopped: .*run it again/);
});

Deno.test("throttling is retried until Glue answers", async () => {
  const throttled = { error: "ThrottlingException", message: "Rate exceeded" };
  const crawler = { Crawler: CRAWLER };
  await using aws = crawling([], {
    GetDatabase: [throttled, throttled, { Database: { Name: "ticklake" } }],
    GetCrawler: [throttled, crawler],
  });
  const result = await runTicklake(["setup-catalog"], { env: aws.env });
  assert.equal(result.code, 0, result.stderr);
  assert.equal(aws.bodies("GetDatabase").length, 3);
});

Deno.test("throttling that does not end is exit 3, and says that a repeat continues", async () => {
  await using aws = crawling([], {
    GetDatabase: { error: "ThrottlingException", message: "Rate exceeded" },
  });
  const result = await runTicklake(["setup-catalog"], { env: aws.env });
  assert.equal(result.code, 3, result.stderr);
  assert.match(result.stderr, /glue:GetDatabase: too many requests.*Rate exceeded/);
  assert.match(result.stderr, /repeat the command/);
});

const USER = "arn:aws:iam::123456789012:user/ann";

Deno.test("access denied names the action that is missing, and who lacks it", async () => {
  const cases: Array<[Record<string, Answers>, RegExp, RegExp]> = [
    [
      {
        GetDatabase: {
          error: "AccessDeniedException",
          message:
            `User: ${USER} is not authorized to perform: glue:GetDatabase on resource: arn:aws:glue:eu-west-1:123456789012:catalog because no identity-based policy allows the glue:GetDatabase action`,
        },
      },
      /access denied: glue:GetDatabase on arn:aws:glue:eu-west-1:123456789012:catalog/,
      /Allow glue:GetDatabase in the policy of arn:aws:iam::123456789012:user\/ann.*--print-policy/,
    ],
    [
      {
        GetCrawler: NOT_FOUND,
        CreateCrawler: {
          error: "AccessDeniedException",
          message:
            `User: ${USER} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/crawl`,
        },
      },
      /access denied: iam:PassRole on arn:aws:iam::123456789012:role\/crawl/,
      /Allow iam:PassRole/,
    ],
    [
      { GetDatabase: { error: "AccessDeniedException", message: "Access denied" } },
      /access denied: glue:GetDatabase\n/,
      /Allow glue:GetDatabase in the policy of the role or user/,
    ],
    [
      {
        GetDatabase: {
          error: "AccessDeniedException",
          message:
            `User: ${USER} is not authorized to perform: glue:GetDatabase on resource: x with an explicit deny in a service control policy`,
        },
      },
      /access denied: glue:GetDatabase/,
      /denies it explicitly/,
    ],
    [
      {
        GetDatabase: {
          error: "AccessDeniedException",
          message: "Insufficient Lake Formation permission(s) on ticklake",
        },
      },
      /Insufficient Lake Formation permission/,
      /uses Lake Formation: grant/,
    ],
  ];
  for (const [answers, message, fix] of cases) {
    await using aws = crawling([], answers);
    const result = await runTicklake(["setup-catalog", "--role", "crawl"], { env: aws.env });
    assert.equal(result.code, 3, result.stderr);
    assert.match(result.stderr, message);
    assert.match(result.stderr, fix);
  }
});

Deno.test("a role that Glue cannot assume is explained", async () => {
  await using aws = crawling([], {
    GetCrawler: NOT_FOUND,
    CreateCrawler: {
      error: "InvalidInputException",
      message: "Service is unable to assume provided role. Please verify role's TrustPolicy",
    },
  });
  const result = await runTicklake(["setup-catalog", "--role", "crawl"], { env: aws.env });
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /Glue refuses role crawl: Service is unable to assume/);
  assert.match(result.stderr, /trust policy must allow glue.amazonaws.com/);
});

Deno.test("two set-ups at once end alike: what the other one has just made is as good as ours", async () => {
  const exists = { error: "AlreadyExistsException", message: "exists already" };
  const table = { ...CRAWLED, Name: "index_quotes" };
  await using aws = crawling([], {
    GetDatabase: NOT_FOUND,
    CreateDatabase: exists,
    GetTable: [NOT_FOUND, { Table: table }],
    CreateTable: exists,
    UpdateTable: {},
  });
  const projected = await runTicklake(["setup-catalog", "--projection"], { env: aws.env });
  assert.equal(projected.code, 0, projected.stderr);
  assert.match(projected.stdout, /^unchanged {2}database/m);
  assert.match(projected.stdout, /^updated +table/m);

  await using other = crawling([], {
    GetCrawler: [NOT_FOUND, { Crawler: CRAWLER }],
    CreateCrawler: exists,
  });
  const crawled = await runTicklake(["setup-catalog", "--role", "crawl"], { env: other.env });
  assert.equal(crawled.code, 0, crawled.stderr);
  assert.match(crawled.stdout, /^unchanged {2}crawler/m);
});

Deno.test("what Glue refuses for a reason of its own is exit 1 with the action and the reason", async () => {
  await using aws = crawling([], {
    GetCrawler: NOT_FOUND,
    CreateCrawler: {
      error: "ResourceNumberLimitExceededException",
      message: "Number of crawlers exceeds the limit",
    },
  });
  const result = await runTicklake(["setup-catalog", "--role", "crawl"], { env: aws.env });
  assert.equal(result.code, 1, result.stderr);
  assert.match(
    result.stderr,
    /error: glue:CreateCrawler: ResourceNumberLimitExceededException: Number of crawlers exceeds the limit\n {2}fix: .*repeat the command/,
  );
});

Deno.test("a database's name that Glue would change is refused before it is asked", async () => {
  await using aws = crawling([]);
  for (const name of ["Quotes", "my db", ""]) {
    const args = ["setup-catalog", "--database", name];
    const { code, stderr } = await runTicklake(args, { env: aws.env });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--database/);
  }
  assert.deepEqual(aws.requests, []);
});

Deno.test("credentials that are wrong or have expired are exit 3", async () => {
  const cases: Array<[string, string, RegExp]> = [
    [
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
      /access key is unknown/,
    ],
    [
      "ExpiredTokenException",
      "The security token included in the request is expired",
      /credentials have expired/,
    ],
    [
      "InvalidSignatureException",
      "Signature expired: 20260101T000000Z is now earlier than",
      /clock is wrong/,
    ],
  ];
  for (const [error, message, expected] of cases) {
    await using aws = crawling([], { GetDatabase: { error, message } });
    const result = await runTicklake(["setup-catalog"], { env: aws.env });
    assert.equal(result.code, 3, result.stderr);
    assert.match(result.stderr, expected);
  }
});

Deno.test("AWS that cannot be reached is exit 3, soon, with what to check", async () => {
  const port = freePort();
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
    AWS_S3_BUCKET: "quotes",
  };
  const result = await runTicklake(["setup-catalog"], { env, timeoutMs: 20_000 });
  assert.equal(result.code, 3, result.stderr);
  assert.ok(result.stderr.includes(`http://127.0.0.1:${port} refuses connections`), result.stderr);
  assert.match(result.stderr, /AWS_ENDPOINT_URL/);
});

Deno.test("a schedule is checked before Glue is asked", async () => {
  await using aws = crawling([]);
  const result = await runTicklake(["setup-catalog", "--schedule", "0 6 * * *"], { env: aws.env });
  assert.equal(result.code, 2, result.stderr);
  assert.match(result.stderr, /Perhaps cron\(0 6 \* \* \? \*\)/);
  assert.deepEqual(aws.requests, []);
});
