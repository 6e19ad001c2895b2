import assert from "node:assert/strict";
import type { PolicyDocument } from "../../mod/aws/policies.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { until } from "../until.ts";
import {
  awsEnv,
  runTicklake,
  serviceTest,
  spawnTicklake,
  uniqueName,
} from "../services/services.ts";
import { PolicyGate } from "./policy_gate.ts";

/** An AWS account whose APIs allow what the policies of a command allow, and the lake's topic. */
class Account implements AsyncDisposable {
  readonly #gate = new PolicyGate(awsEnv().AWS_ENDPOINT_URL);
  readonly #folder = Deno.makeTempDirSync({ prefix: "ticklake-policies-" });
  readonly #env: Record<string, string>;
  #policies: Record<string, PolicyDocument> = {};

  constructor(bucket: string, env: Record<string, string>) {
    this.#env = {
      ...env,
      ...awsEnv(),
      AWS_ENDPOINT_URL: this.#gate.url,
      AWS_S3_BUCKET: bucket,
      TICKLAKE_PREFIX: "lake/quotes",
      TICKLAKE_DATABASE: uniqueName("db").replaceAll("-", "_"),
      TICKLAKE_CRAWLER: uniqueName("crawler"),
      TICKLAKE_GLUE_ROLE: uniqueName("role"),
    };
  }

  static async open(env: Record<string, string> = {}): Promise<Account> {
    const account = new Account(await withEnv(awsEnv(), newBucket), env);
    const printed = await runTicklake(["setup-catalog", "--print-policy"], { env: account.#env });
    account.#policies = JSON.parse(printed.stdout);
    await account.run([], "produce", "--mode", "replay", "--rate", "max", "--count", "2000");
    return account;
  }

  /** Runs with what these policies allow, and gives what AWS was asked for; all of it must be allowed. */
  async run(policies: string[], ...args: string[]): Promise<string[]> {
    const { code, stderr } = await this.#run(policies, args);
    const ofTheBucket = `s3:ListBucket arn:aws:s3:::${this.#env.AWS_S3_BUCKET}`;
    assert.deepEqual(this.#gate.refused, args[0] === "doctor" ? [ofTheBucket] : [], stderr);
    assert.equal(code, 0, stderr);
    return [...this.#gate.passed].sort();
  }

  /** Runs with less than is needed, and gives what was refused first; must end with 3 and name it. */
  async runRefused(policies: string[], ...args: string[]): Promise<string> {
    const { code, stderr } = await this.#run(policies, args);
    assert.equal(code, 3, stderr);
    const [action] = this.#gate.refused[0].split(" ");
    assert.ok(stderr.includes(action), `${action} is not named in\n${stderr}`);
    return action;
  }

  /** Runs the dashboard until it has looked into the lake, and gives what AWS was asked for. */
  async serve(policies: string[]): Promise<string[]> {
    this.#allow(policies);
    await using program = spawnTicklake(["dashboard", "--listen", "127.0.0.1:0"], {
      cwd: this.#folder,
      env: this.#env,
    });
    await program.waitFor(/dashboard at http/);
    await until("the lake's history is read", () => this.#gate.passed.has("s3:GetObject"));
    const { code, stderr } = await program.stop();
    assert.deepEqual(this.#gate.refused, [], stderr);
    assert.equal(code, 0, stderr);
    return [...this.#gate.passed].sort();
  }

  #run(policies: string[], args: string[]) {
    this.#allow(policies);
    return runTicklake(args, { cwd: this.#folder, env: this.#env });
  }

  #allow(policies: string[]): void {
    const Statement = policies.flatMap((name) => this.#policies[name].Statement);
    this.#gate.policy = { Version: "2012-10-17", Statement };
    this.#gate.refused.length = 0;
    this.#gate.passed.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gate[Symbol.asyncDispose]();
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

const AWS = { needs: ["aws"] } as const;

serviceTest("each command works with its own policy, and with nothing else", AWS, async () => {
  await using account = await Account.open();
  assert.deepEqual(
    await account.run(["consume"], "consume", "--until-end"),
    ["s3:DeleteObject", "s3:ListBucket", "s3:PutObject"],
  );
  const reading = ["s3:GetObject", "s3:ListBucket"];
  assert.deepEqual(await account.run(["verify"], "verify"), reading);
  assert.deepEqual(await account.run(["verify"], "verify", "--deep"), reading);
  assert.deepEqual(
    await account.run(["query"], "query", "SELECT 1", "--engine", "local"),
    reading,
  );
  const create = ["setup-catalog", "setup-catalog --create-role"];
  const made = await account.run(create, "setup-catalog", "--create-role");
  for (
    const action of ["iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole", "glue:CreateCrawler"]
  ) {
    assert.ok(made.includes(action), action);
  }
  // Asks for the bucket as a whole first, which only larger policies allow.
  assert.deepEqual(
    await account.run(["doctor"], "doctor"),
    [
      "athena:GetWorkGroup",
      "glue:GetDatabase",
      "glue:GetTable",
      "iam:GetRole",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
    ],
  );
  assert.deepEqual(await account.serve(["dashboard"]), reading);
  // From cron, without the right to make roles.
  await account.run(["setup-catalog"], "setup-catalog");
  await account.run(["setup-catalog"], "setup-catalog", "--schedule", "cron(15 6 * * ? *)");
  await account.run(["setup-catalog"], "setup-catalog", "--run");
  const status = await account.run(["status"], "status");
  assert.ok(status.includes("glue:GetCrawler") && status.includes("s3:ListBucket"), status.join());
  await account.run(["setup-catalog --delete"], "setup-catalog", "--delete");
});

serviceTest("a table with projection needs no more than setup-catalog's policy", AWS, async () => {
  await using account = await Account.open();
  await account.run(["consume"], "consume", "--until-end");
  const made = await account.run(["setup-catalog"], "setup-catalog", "--projection");
  assert.ok(made.includes("glue:CreateTable"), made.join());
  await account.run(["setup-catalog"], "setup-catalog", "--projection");
  await account.run(["setup-catalog --delete"], "setup-catalog", "--delete");
});

serviceTest("each command works on an Iceberg table in Glue with its own policy", AWS, async () => {
  await using account = await Account.open({ TICKLAKE_TABLE_FORMAT: "iceberg" });
  const run = (name: string, ...words: string[]) =>
    account.run([name], ...name.split(" "), ...words);
  const objects = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"];
  assert.deepEqual(await run("consume", "--until-end", "--flush-rows", "300"), [
    "glue:CreateDatabase",
    "glue:CreateTable",
    "glue:GetTable",
    "glue:UpdateTable",
    "s3:DeleteObject",
    ...objects,
  ]);
  assert.deepEqual(await run("verify", "--deep"), [
    "glue:GetTable",
    "s3:GetObject",
    "s3:ListBucket",
  ]);
  await run("setup-catalog");
  const status = await run("status");
  assert.ok(status.includes("glue:GetTable"), status.join());
  await account.run(["query"], "query", "SELECT 1", "--engine", "local");
  assert.deepEqual(await run("maintain"), ["glue:GetTable", "glue:UpdateTable", ...objects]);
  await run("dead-letters replay");
  await run("repair");
  assert.ok((await run("reset", "--to", "earliest", "--rewrite")).includes("glue:UpdateTable"));
  await run("consume", "--until-end");
  await run("setup-catalog --delete");
});

serviceTest("a query on Athena needs no more than its policy", AWS, async () => {
  await using account = await Account.open();
  const asked = await account.run(
    ["query"],
    ...["query", "SELECT 1", "--output-location", "s3://results/"],
  );
  assert.deepEqual(asked, [
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:StartQueryExecution",
  ]);
});

serviceTest("a right that is missing is named", AWS, async () => {
  await using account = await Account.open();
  assert.equal(await account.runRefused([], "consume", "--until-end"), "s3:PutObject");
  assert.equal(await account.runRefused(["consume"], "setup-catalog"), "glue:GetDatabase");
  assert.equal(
    await account.runRefused(["setup-catalog"], "setup-catalog", "--create-role"),
    "iam:GetRole",
  );
  assert.equal(
    await account.runRefused([], "query", "SELECT 1", "--output-location", "s3://results/"),
    "athena:StartQueryExecution",
  );
});
