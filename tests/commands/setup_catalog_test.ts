import assert from "node:assert/strict";
import type { Part, SetupReport } from "../../mod/catalog/setup_report.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import {
  awsEnv,
  python,
  realS3Env,
  runTicklake,
  serviceTest,
  type TicklakeResult,
  uniqueName,
} from "../services/services.ts";

const SHIPPED = JSON.parse(
  await Deno.readTextFile(new URL("../../data/index_quotes.schema.json", import.meta.url)),
);

/** A bucket, a database and a role name of its own on the test's AWS, and how to run with them. */
async function account() {
  const names = {
    bucket: uniqueName("quotes"),
    database: uniqueName("db").replaceAll("-", "_"),
    role: uniqueName("role"),
    crawler: uniqueName("crawler"),
  };
  await boto(`client("s3").create_bucket(Bucket="${names.bucket}")`);
  const env = {
    ...awsEnv(),
    AWS_S3_BUCKET: names.bucket,
    TICKLAKE_DATABASE: names.database,
    TICKLAKE_GLUE_ROLE: names.role,
    TICKLAKE_CRAWLER: names.crawler,
  };
  return {
    ...names,
    run: (...args: string[]) => runTicklake(["setup-catalog", ...args], { env }),
    status: () => runTicklake(["status", "--json"], { env }),
    /** Puts an object of a partition. */
    put: (folder: string) =>
      boto(
        `client("s3").put_object(Bucket="${names.bucket}", Key="ticklake/index_quotes/${folder}/index-quotes-0-0000000000000000-0000000000000009.parquet", Body=b"x")["ETag"]`,
      ),
    async report(...args: string[]): Promise<SetupReport> {
      const result = await runTicklake(["setup-catalog", "--json", ...args], { env });
      assert.equal(result.code, 0, result.stderr);
      return JSON.parse(result.stdout);
    },
  };
}

/** Evaluates a Python expression with boto3 on the test's AWS; gives its value. */
async function boto<T>(expression: string): Promise<T> {
  const script = `
import boto3, json
def client(name): return boto3.client(name, endpoint_url="${awsEnv().AWS_ENDPOINT_URL}")
print(json.dumps(${expression}, default=str))`;
  return JSON.parse(await python(script, [], { ...awsEnv(), AWS_DEFAULT_REGION: "us-east-1" }));
}

/** A day, so many days after today. */
const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);

const states = (parts: Part[]) => Object.fromEntries(parts.map(({ part, state }) => [part, state]));

/** A schema file with the shipped columns after a change. */
async function schemaFile(change: (schema: typeof SHIPPED) => void): Promise<string> {
  const schema = structuredClone(SHIPPED);
  change(schema);
  const path = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(path, JSON.stringify(schema));
  return path;
}

function fails(result: TicklakeResult, code: number, message: RegExp, fix?: RegExp): void {
  assert.equal(result.code, code, result.stderr);
  assert.match(result.stderr, message);
  if (fix !== undefined) assert.match(result.stderr.split("fix:")[1] ?? "", fix);
}

const AWS = { needs: ["aws", "python"] } as const;

serviceTest(
  "the first run creates database and crawler, the second changes nothing",
  AWS,
  async () => {
    const aws = await account();
    const first = await aws.report("--schedule", "cron(15  6 * * ? *)");
    assert.deepEqual(states(first.parts), { database: "created", crawler: "created" });
    // deno-lint-ignore no-explicit-any
    const crawler = await boto<any>(`client("glue").get_crawler(Name="${aws.crawler}")["Crawler"]`);
    assert.equal(crawler.Role, aws.role);
    assert.equal(crawler.DatabaseName, aws.database);
    assert.equal(crawler.Schedule.ScheduleExpression, "cron(15 6 * * ? *)");
    assert.deepEqual(crawler.Targets.S3Targets, [{
      Path: `s3://${aws.bucket}/ticklake/index_quotes/`,
      Exclusions: ["dead_letter/**", "**/dead_letter/**"],
    }]);
    assert.equal(crawler.RecrawlPolicy.RecrawlBehavior, "CRAWL_NEW_FOLDERS_ONLY");
    assert.deepEqual(crawler.SchemaChangePolicy, { UpdateBehavior: "LOG", DeleteBehavior: "LOG" });
    assert.deepEqual(JSON.parse(crawler.Configuration), {
      Version: 1,
      CrawlerOutput: { Partitions: { AddOrUpdateBehavior: "InheritFromTable" } },
      Grouping: { TableGroupingPolicy: "CombineCompatibleSchemas" },
    });
    // Neither does a run without --schedule take the schedule away.
    for (const args of [["--schedule", "cron(15 6 * * ? *)"], []]) {
      const again = await aws.report(...args);
      assert.deepEqual(states(again.parts), { database: "unchanged", crawler: "unchanged" });
    }
  },
);

serviceTest("without a role nothing is made, and the ways to get one are named", AWS, async () => {
  const aws = await account();
  const result = await runTicklake(["setup-catalog", "--database", aws.database], {
    env: { ...awsEnv(), AWS_S3_BUCKET: aws.bucket },
  });
  fails(result, 2, /needs a role/, /--role.*--create-role.*--projection/);
  const databases = await boto<string>(
    `[d["Name"] for d in client("glue").get_databases()["DatabaseList"]]`,
  );
  assert.ok(!databases.includes(aws.database));
});

serviceTest("--create-role makes a role for Glue with the least policy, once", AWS, async () => {
  const aws = await account();
  const plan = await aws.report("--create-role", "--dry-run");
  assert.deepEqual(states(plan.parts), {
    role: "created",
    database: "created",
    crawler: "created",
  });
  const first = await aws.report("--create-role");
  assert.deepEqual(states(first.parts), {
    role: "created",
    database: "created",
    crawler: "created",
  });
  // deno-lint-ignore no-explicit-any
  const [role, policy] = await boto<any>(
    `[client("iam").get_role(RoleName="${aws.role}")["Role"], client("iam").get_role_policy(RoleName="${aws.role}", PolicyName="ticklake-lake")["PolicyDocument"]]`,
  );
  assert.deepEqual(role.AssumeRolePolicyDocument.Statement, [{
    Sid: "Glue",
    Effect: "Allow",
    Principal: { Service: "glue.amazonaws.com" },
    Action: ["sts:AssumeRole"],
  }]);
  const of = (sid: string) => policy.Statement.find((s: { Sid: string }) => s.Sid === sid);
  assert.deepEqual(of("ReadLake").Resource, [`arn:aws:s3:::${aws.bucket}/ticklake/*`]);
  assert.deepEqual(of("ListLake").Condition, { StringLike: { "s3:prefix": ["ticklake/*"] } });
  assert.ok(
    of("Catalog").Resource.includes(`arn:aws:glue:us-east-1:123456789012:database/${aws.database}`),
  );
  assert.ok(!JSON.stringify(policy).includes("s3:PutObject"), "a crawler only reads");
  const again = await aws.report("--create-role");
  assert.deepEqual(states(again.parts), {
    role: "unchanged",
    database: "unchanged",
    crawler: "unchanged",
  });
  // A lake that moves needs another policy.
  const moved = await aws.report("--create-role", "--dry-run", "--prefix", "elsewhere");
  assert.equal(states(moved.parts).role, "updated");
});

serviceTest("a role that somebody else made keeps its policies", AWS, async () => {
  const aws = await account();
  await boto(
    `client("iam").create_role(RoleName="${aws.role}", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')["Role"]["Arn"]`,
  );
  const report = await aws.report("--create-role");
  assert.equal(states(report.parts).role, "kept");
  const policies = await boto(
    `client("iam").list_role_policies(RoleName="${aws.role}")["PolicyNames"]`,
  );
  assert.deepEqual(policies, []);
});

serviceTest(
  "--projection makes the table, with the types of the schema and no crawler",
  AWS,
  async () => {
    const aws = await account();
    for (
      const name of [
        `dt=${day(-40)}/index-quotes-0-0000000000000000-0000000000000009.parquet`,
        `dt=${day(-50)}/index-quotes-1-0000000000000000-0000000000000009.parquet`,
      ]
    ) {
      await boto(
        `client("s3").put_object(Bucket="${aws.bucket}", Key="ticklake/index_quotes/${name}", Body=b"x")["ETag"]`,
      );
    }
    const first = await aws.report("--projection");
    assert.deepEqual(states(first.parts), { database: "created", table: "created" });
    // deno-lint-ignore no-explicit-any
    const table = await boto<any>(
      `client("glue").get_table(DatabaseName="${aws.database}", Name="index_quotes")["Table"]`,
    );
    assert.equal(table.StorageDescriptor.Location, `s3://${aws.bucket}/ticklake/index_quotes/`);
    assert.match(table.StorageDescriptor.SerdeInfo.SerializationLibrary, /ParquetHiveSerDe$/);
    assert.deepEqual(
      table.StorageDescriptor.Columns.map((c: { Name: string; Type: string }) =>
        `${c.Name} ${c.Type}`
      ),
      [
        "index string",
        "date date",
        "open double",
        "high double",
        "low double",
        "close double",
        "adj_close double",
        "volume bigint",
        "close_usd double",
        "kafka_partition bigint",
        "kafka_offset bigint",
        "kafka_timestamp timestamp",
      ],
    );
    assert.deepEqual(table.PartitionKeys, [{ Name: "dt", Type: "string" }]);
    assert.equal(table.TableType, "EXTERNAL_TABLE");
    assert.equal(table.Parameters["projection.enabled"], "true");
    assert.equal(table.Parameters["projection.dt.range"], `${day(-50)},NOW+1DAYS`);
    assert.equal(
      table.Parameters["storage.location.template"],
      `s3://${aws.bucket}/ticklake/index_quotes/dt=\${dt}/`,
    );
    const again = await aws.report("--projection");
    assert.deepEqual(states(again.parts), { database: "unchanged", table: "unchanged" });
    assert.deepEqual(again.tables[0].partitionedBy, [{ name: "dt", type: "string" }]);
    assert.equal(again.tables[0].projection, true);
    // Objects of an earlier day move the beginning back.
    await boto(
      `client("s3").put_object(Bucket="${aws.bucket}", Key="ticklake/index_quotes/dt=${
        day(-60)
      }/index-quotes-1-0000000000000010-0000000000000019.parquet", Body=b"x")["ETag"]`,
    );
    const earlier = await aws.report("--projection");
    assert.deepEqual(earlier.parts[1].changes, [
      `projection.dt.range: ${day(-50)},NOW+1DAYS -> ${day(-60)},NOW+1DAYS`,
    ]);
  },
);

serviceTest("the projection of an empty lake covers what late messages write", AWS, async () => {
  const aws = await account();
  await aws.report("--projection");
  assert.equal(await projectedRange(aws.database), `${day(-31)},NOW+1DAYS`);
  await aws.put(`dt=${day(-1)}`);
  assert.deepEqual(states((await aws.report("--projection")).parts).table, "unchanged");
  // A sender's clock that is ahead.
  await aws.put(`dt=${day(20)}`);
  await aws.report("--projection");
  assert.equal(await projectedRange(aws.database), `${day(-31)},NOW+20DAYS`);
});

serviceTest(
  "days of a wild clock are told instead of projecting 740,000 days, by the set-up and by status",
  AWS,
  async () => {
    const aws = await account();
    await aws.report("--projection");
    await aws.put("dt=0001-01-01");
    await aws.put(`dt=${day(-100)}`);
    const status = await aws.status();
    assert.deepEqual(JSON.parse(status.stdout).projection, {
      since: day(-31),
      hidden: { objects: 2, days: ["0001-01-01", day(-100)] },
    });
    assert.match(
      status.stderr,
      /warning: 2 objects of 0001-01-01 and \S+: .* queries do not see them/,
    );
    const { code, stdout, stderr } = await aws.run("--projection", "--json");
    assert.equal(code, 4, stderr);
    assert.deepEqual(JSON.parse(stdout).hidden, { objects: 1, days: ["0001-01-01"] });
    assert.match(stderr, /warning: 1 object of 0001-01-01: .* queries do not see them\n {2}fix: /);
    assert.equal(await projectedRange(aws.database), `${day(-100)},NOW+1DAYS`);
    const after = await aws.status();
    assert.equal(JSON.parse(after.stdout).projection.hidden.objects, 1);
  },
);

function projectedRange(database: string): Promise<string> {
  return boto(
    `client("glue").get_table(DatabaseName="${database}", Name="index_quotes")["Table"]["Parameters"]["projection.dt.range"]`,
  );
}

serviceTest(
  "a column added to the schema is an update, another type is refused with the reason",
  AWS,
  async () => {
    const aws = await account();
    await aws.report("--projection");
    const wider = await schemaFile((schema) =>
      schema.columns.push({ wire: "PE", name: "pe", type: "double" })
    );
    const plan = await aws.report("--projection", "--schema", wider, "--dry-run");
    assert.deepEqual(plan.parts[1].changes, ["column pe: added, double"]);
    const updated = await aws.report("--projection", "--schema", wider);
    assert.equal(states(updated.parts).table, "updated");
    assert.ok(
      updated.tables[0].columns.some(({ name, type }) => name === "pe" && type === "double"),
    );
    const again = await aws.report("--projection", "--schema", wider);
    assert.equal(states(again.parts).table, "unchanged");

    const other = await schemaFile((schema) => schema.columns[7].type = "double");
    fails(
      await aws.run("--projection", "--schema", other),
      1,
      /column volume is bigint in the existing objects, and would become double/,
    );
    await Deno.remove(wider);
    await Deno.remove(other);
  },
);

serviceTest(
  "a table that another lake, partitioning or format has under the name is not touched",
  AWS,
  async () => {
    const aws = await account();
    await aws.report("--projection");
    fails(
      await aws.run("--projection", "--prefix", "other"),
      1,
      /is at s3:\/\/.*\/ticklake\/index_quotes\/, not at s3:\/\/.*\/other\/index_quotes\//,
    );
    fails(
      await aws.run("--partition-by", "dt,hour", "--projection"),
      1,
      /partitioned by dt, not by dt, hour/,
    );
    fails(await aws.run("--format", "jsonl", "--projection"), 1, /ParquetHiveSerDe, not as jsonl/);
    const again = await aws.report("--projection");
    assert.equal(states(again.parts).table, "unchanged");
  },
);

serviceTest(
  "JSON lines get a table from the schema, which the crawler only fills",
  AWS,
  async () => {
    const aws = await account();
    const report = await aws.report("--format", "jsonl", "--partition-by", "index,dt");
    assert.deepEqual(states(report.parts), {
      database: "created",
      table: "created",
      crawler: "created",
    });
    // deno-lint-ignore no-explicit-any
    const [table, crawler] = await boto<any>(
      `[client("glue").get_table(DatabaseName="${aws.database}", Name="index_quotes")["Table"], client("glue").get_crawler(Name="${aws.crawler}")["Crawler"]]`,
    );
    assert.match(table.StorageDescriptor.SerdeInfo.SerializationLibrary, /openx.*JsonSerDe$/);
    assert.deepEqual(table.PartitionKeys, [{ Name: "index", Type: "string" }, {
      Name: "dt",
      Type: "string",
    }]);
    assert.equal(table.StorageDescriptor.Columns[0].Name, "date");
    assert.equal(table.StorageDescriptor.Columns[0].Type, "date");
    assert.deepEqual(crawler.Targets.CatalogTargets, [{
      DatabaseName: aws.database,
      Tables: ["index_quotes"],
    }]);
    const again = await aws.report("--format", "jsonl", "--partition-by", "index,dt");
    assert.ok(again.parts.every(({ state }) => state === "unchanged"), JSON.stringify(again.parts));
  },
);

serviceTest("--delete keeps a role that others have given a policy too", AWS, async () => {
  const aws = await account();
  await aws.report("--create-role");
  await boto(
    `client("iam").put_role_policy(RoleName="${aws.role}", PolicyName="theirs", PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}')["ResponseMetadata"]["HTTPStatusCode"]`,
  );
  const report = await aws.report("--delete");
  assert.deepEqual(states(report.parts), {
    crawler: "deleted",
    table: "absent",
    database: "deleted",
    role: "kept",
  });
  const policies = await boto(
    `client("iam").list_role_policies(RoleName="${aws.role}")["PolicyNames"]`,
  );
  assert.deepEqual(policies, ["theirs"]);
});

serviceTest("--projection makes no role, as nothing would use it", AWS, async () => {
  const aws = await account();
  const result = await aws.run("--projection", "--create-role", "--run");
  assert.equal(result.code, 0, result.stderr);
  assert.match(
    result.stderr,
    /--projection needs no crawler: --run, --wait and --create-role have no/,
  );
  assert.doesNotMatch(result.stdout, /role/);
});

serviceTest(
  "a lake on another S3 server: setup-catalog and query on Athena say what works there",
  { needs: ["real-s3"] },
  async () => {
    const s3 = realS3Env();
    const { AWS_ENDPOINT_URL: server, ...rest } = s3;
    const commands = [
      [["setup-catalog", "--role", "r"], "Glue"],
      [["setup-catalog", "--projection"], "Glue"],
      [["setup-catalog", "--create-role"], "Glue"],
      [["query", "SELECT 1"], "Athena"],
    ] as const;
    for (const [args, service] of commands) {
      const AWS_S3_BUCKET = await withEnv(s3, newBucket);
      const all = await runTicklake([...args], { env: { ...s3, AWS_S3_BUCKET } });
      fails(
        all,
        3,
        new RegExp(`${server} does not answer like ${service}`),
        /query --engine local/,
      );
      // The rest is AWS itself, which must not be asked to read what it cannot see.
      const env = { ...rest, AWS_ENDPOINT_URL_S3: server, AWS_S3_BUCKET };
      const mixed = await runTicklake([...args], { env });
      fails(mixed, 2, /the lake is at http.* only reads buckets on AWS/, /query --engine local/);
      assert.doesNotMatch(all.stderr + mixed.stderr, /defect|\n {4}at /);
    }
  },
);

serviceTest("--delete removes what was made, and nothing else", AWS, async () => {
  const aws = await account();
  await aws.report("--create-role");
  await aws.report("--projection");
  const plan = await aws.report("--delete", "--dry-run");
  const all = { crawler: "deleted", table: "deleted", database: "deleted", role: "deleted" };
  assert.deepEqual(states(plan.parts), all);
  await boto(
    `client("glue").create_table(DatabaseName="${aws.database}", TableInput={"Name": "theirs"})["ResponseMetadata"]["HTTPStatusCode"]`,
  );
  const first = await aws.report("--delete");
  assert.deepEqual(states(first.parts), { ...all, database: "kept" });
  assert.deepEqual(first.parts.find(({ part }) => part === "database")!.changes, [
    "has other tables: theirs",
  ]);
  const tables = await boto(
    `[t["Name"] for t in client("glue").get_tables(DatabaseName="${aws.database}")["TableList"]]`,
  );
  assert.deepEqual(tables, ["theirs"]);
  const again = await aws.report("--delete");
  assert.deepEqual(states(again.parts), {
    crawler: "absent",
    table: "absent",
    database: "kept",
    role: "absent",
  });

  await boto(
    `client("glue").create_table(DatabaseName="${aws.database}", TableInput={"Name": "index_quotes", "StorageDescriptor": {"Location": "s3://${aws.bucket}/ticklake/index_quotes/"}})["ResponseMetadata"]["HTTPStatusCode"]`,
  );
  await boto(
    `client("glue").create_crawler(Name="${aws.crawler}", Role="r", DatabaseName="${aws.database}", Targets={"S3Targets": [{"Path": "s3://x/"}]})["ResponseMetadata"]["HTTPStatusCode"]`,
  );
  const theirs = await aws.report("--delete");
  assert.deepEqual(states(theirs.parts), {
    crawler: "kept",
    table: "kept",
    database: "kept",
    role: "absent",
  });
});
