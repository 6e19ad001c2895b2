import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";

/** The settings of the examples in deploy/iam. */
const ENV = {
  AWS_S3_BUCKET: "YOUR-BUCKET",
  AWS_REGION: "us-east-1",
};

const EXAMPLES = new URL("../../deploy/iam/", import.meta.url);

/** Files of deploy/iam, and the policy that each is. */
const FILES: Record<string, string> = {
  "consume.json": "consume",
  "reset.json": "reset",
  "repair.json": "repair",
  "dead-letters-replay.json": "dead-letters replay",
  "maintain.json": "maintain",
  "setup-catalog.json": "setup-catalog",
  "setup-catalog-create-role.json": "setup-catalog --create-role",
  "setup-catalog-delete.json": "setup-catalog --delete",
  "query.json": "query",
  "status.json": "status",
  "verify.json": "verify",
  "dashboard.json": "dashboard",
  "doctor.json": "doctor",
  "crawler-role.json": "crawler role",
  "crawler-role-trust.json": "crawler role's trust",
};

async function policies(args: string[] = [], env: Record<string, string> = {}) {
  const result = await runTicklake(["setup-catalog", "--print-policy", ...args], {
    env: { ...ENV, ...env },
  });
  assert.equal(result.code, 0, result.stderr);
  return { text: result.stdout, json: JSON.parse(result.stdout) };
}

Deno.test("deploy/iam holds what --print-policy prints", async () => {
  for (const [file, name] of Object.entries(FILES)) {
    const { text } = await policies([name]);
    // TEST_UPDATE=1 writes the files anew, after a change of the policies.
    if (Deno.env.get("TEST_UPDATE") === "1") {
      await Deno.writeTextFile(new URL(file, EXAMPLES), text);
    }
    assert.equal(await Deno.readTextFile(new URL(file, EXAMPLES)), text, file);
  }
  const all = await policies();
  assert.deepEqual(Object.keys(all.json).sort(), Object.values(FILES).sort());
});

Deno.test("each policy allows its command's actions on its own resources only", async () => {
  const { json } = await policies([], {
    TICKLAKE_PREFIX: "lake/quotes/",
    TICKLAKE_DATABASE: "markets",
    TICKLAKE_CRAWLER: "night",
    TICKLAKE_GLUE_ROLE: "arn:aws:iam::123456789012:role/crawl",
    TICKLAKE_ATHENA_OUTPUT: "s3://results/here",
    TICKLAKE_WORKGROUP: "team",
  });
  const of = (policy: string, sid: string) =>
    json[policy].Statement.find((s: { Sid: string }) => s.Sid === sid);
  assert.deepEqual(of("consume", "WriteLake").Resource, ["arn:aws:s3:::YOUR-BUCKET/lake/quotes/*"]);
  assert.deepEqual(of("query", "Results").Resource, ["arn:aws:s3:::results/here/*"]);
  assert.deepEqual(of("query", "Athena").Resource, ["arn:aws:athena:us-east-1:*:workgroup/team"]);
  assert.deepEqual(of("setup-catalog", "PassRole").Resource, [
    "arn:aws:iam::123456789012:role/crawl",
  ]);
  assert.deepEqual(of("setup-catalog", "Crawler").Resource, [
    "arn:aws:glue:us-east-1:*:crawler/night",
  ]);
  assert.ok(of("query", "Catalog").Resource.includes("arn:aws:glue:us-east-1:*:table/markets/*"));
  for (
    const { Action, Resource } of Object.values(json).flatMap((p) =>
      (p as { Statement: Array<{ Action: string[]; Resource?: string[] }> }).Statement
    )
  ) {
    assert.ok(!Action.some((action) => action.includes("*")), `${Action}`);
    assert.ok(!Resource?.includes("*"), `${Action} on everything`);
  }
});

Deno.test("an Iceberg table's policies allow its catalog's table, and its files in the lake", async () => {
  const iceberg = { TICKLAKE_TABLE_FORMAT: "iceberg", TICKLAKE_DATABASE: "markets" };
  const { json } = await policies([], iceberg);
  const actions = (name: string) =>
    json[name].Statement.flatMap(({ Action }: { Action: string[] }) => Action)
      .filter((action: string) => action.startsWith("glue:"));
  const make = ["glue:GetTable", "glue:UpdateTable", "glue:CreateTable", "glue:CreateDatabase"];
  assert.deepEqual(actions("consume"), make);
  assert.deepEqual(actions("verify"), ["glue:GetTable"]);
  assert.deepEqual(actions("maintain"), ["glue:GetTable", "glue:UpdateTable"]);
  assert.ok(!JSON.stringify(json).includes("crawler"));
  const rest = await policies(["consume"], {
    ...iceberg,
    ICEBERG_REST_URI: "http://127.0.0.1:1/iceberg",
  });
  assert.ok(!rest.text.includes("glue:"));
});

Deno.test("a lake that a key encrypts can be read and written by who may use the key", async () => {
  const keys = async (TICKLAKE_S3_SSE_KMS_KEY_ID: string) => {
    const { json } = await policies([], { TICKLAKE_S3_SSE: "aws:kms", TICKLAKE_S3_SSE_KMS_KEY_ID });
    // deno-lint-ignore no-explicit-any
    const documents = Object.entries(json) as Array<[string, { Statement: any[] }]>;
    return Object.fromEntries(
      documents.flatMap(([name, { Statement }]) =>
        Statement.filter(({ Sid }) => Sid === "Key").map((key) => [name, key])
      ),
    );
  };
  const arn = "arn:aws:kms:eu-west-1:123456789012:key/1234";
  const found = await keys(arn);
  const both = ["kms:GenerateDataKey", "kms:Decrypt"];
  assert.deepEqual(
    Object.fromEntries(Object.entries(found).map(([name, { Action }]) => [name, Action])),
    {
      consume: both,
      reset: both,
      repair: both,
      "dead-letters replay": both,
      maintain: both,
      verify: ["kms:Decrypt"],
      query: ["kms:Decrypt"],
      status: ["kms:Decrypt"],
      dashboard: ["kms:Decrypt"],
      doctor: both,
      "crawler role": ["kms:Decrypt"],
    },
  );
  assert.deepEqual(found.consume.Resource, [arn]);
  assert.deepEqual((await keys("1234")).query.Resource, ["arn:aws:kms:us-east-1:*:key/1234"]);
  for (const alias of ["alias/lake", "arn:aws:kms:us-east-1:123456789012:alias/lake"]) {
    const { Resource, Condition } = (await keys(alias)).query;
    assert.deepEqual(Resource, ["arn:aws:kms:us-east-1:*:key/*"]);
    assert.deepEqual(Condition, {
      "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/lake" },
    });
  }
});

Deno.test("China and the US government have their own ARNs; an unknown policy is refused", async () => {
  assert.match(
    (await policies(["consume"], { AWS_REGION: "cn-north-1" })).text,
    /"arn:aws-cn:s3:::/,
  );
  assert.match(
    (await policies(["consume"], { AWS_REGION: "us-gov-west-1" })).text,
    /"arn:aws-us-gov:s3:::/,
  );
  const result = await runTicklake(["setup-catalog", "--print-policy", "produce"], { env: ENV });
  assert.equal(result.code, 2);
  assert.match(result.stderr, /expected one of consume, reset, .*found "produce"/);
  assert.match(result.stderr, /fix: produce asks nothing of these services/);
});
