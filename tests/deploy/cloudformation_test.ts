import assert from "node:assert/strict";
import { parse } from "yaml";
import { templateText } from "../../scripts/cloudformation.ts";
import { awsEnv, python, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const TEMPLATE = `${REPOSITORY}/deploy/cloudformation/ticklake.yaml`;

Deno.test("the template is the one of the program's policies and crawler (./dev cloudformation)", () => {
  assert.equal(Deno.readTextFileSync(TEMPLATE), templateText());
});

serviceTest("cfn-lint finds nothing in the template", { needs: ["python"] }, async () => {
  const out = await python("import sys; from cfnlint.runner import main; main()", [TEMPLATE]);
  assert.equal(out.trim(), "");
});

/**
 * A stack, and what moto's CloudFormation leaves out (Glue's and Athena's), made by the calls that
 * CloudFormation makes for it: botocore refuses a field that those do not have.
 */
const MAKE_STACK = `
import ast, json, sys, boto3
endpoint, template, stack, bucket, rest = sys.argv[1:]
aws = dict(endpoint_url=endpoint, region_name="eu-central-1",
           aws_access_key_id="test", aws_secret_access_key="test")
cloudformation = boto3.client("cloudformation", **aws)
cloudformation.create_stack(
    StackName=stack,
    TemplateBody=open(template).read(),
    Capabilities=["CAPABILITY_NAMED_IAM"],
    Parameters=[dict(ParameterKey="BucketName", ParameterValue=bucket)])
resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
names = {r.get("LogicalResourceId"): r.get("PhysicalResourceId") for r in resources}
iam = boto3.client("iam", **aws)
policies = {}
for role in ("HostRole", "CrawlerRole"):
    for name in iam.list_role_policies(RoleName=names[role])["PolicyNames"]:
        found = iam.get_role_policy(RoleName=names[role], PolicyName=name)["PolicyDocument"]
        # moto keeps a template's policy as Python prints it.
        policies[name] = ast.literal_eval(found) if isinstance(found, str) else found
def principals(role):
    found = iam.get_role(RoleName=names[role])["Role"]["AssumeRolePolicyDocument"]
    document = ast.literal_eval(found) if isinstance(found, str) else found
    return [(s["Effect"], s["Principal"]["Service"], s["Action"]) for s in document["Statement"]]
s3 = boto3.client("s3", **aws)
glue = boto3.client("glue", **aws)
athena = boto3.client("athena", **aws)
rest = json.loads(rest)
glue.create_database(**rest["Database"])
glue.create_crawler(**rest["Crawler"])
workgroup = rest["Workgroup"]
athena.create_work_group(Name=workgroup["Name"], Description=workgroup["Description"],
                         Configuration=workgroup["WorkGroupConfiguration"])
profile = iam.get_instance_profile(InstanceProfileName=names["HostProfile"])["InstanceProfile"]
outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
print(json.dumps(dict(
    policies=policies,
    made=bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]],
    encryption=s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"],
    principals={role: principals(role) for role in ("HostRole", "CrawlerRole")},
    roleArn=iam.get_role(RoleName=names["CrawlerRole"])["Role"]["Arn"],
    hostRole=names["HostRole"],
    profile=[role["RoleName"] for role in profile["Roles"]],
    database=glue.get_database(Name="ticklake")["Database"],
    crawler=glue.get_crawler(Name="ticklake-index_quotes")["Crawler"],
    workgroup=athena.get_work_group(WorkGroup="ticklake")["WorkGroup"],
    outputs={o["OutputKey"]: o["OutputValue"] for o in outputs},
    profileName=names["HostProfile"],
), default=str))
`;

const DELETE_STACK = `
import json, sys, boto3
endpoint, stack, bucket = sys.argv[1:]
aws = dict(endpoint_url=endpoint, region_name="eu-central-1",
           aws_access_key_id="test", aws_secret_access_key="test")
boto3.client("cloudformation", **aws).delete_stack(StackName=stack)
print(json.dumps(bucket in [b["Name"] for b in boto3.client("s3", **aws).list_buckets()["Buckets"]]))
`;

/** Properties of the template's resources with their references filled in, as for the defaults. */
function resolvedResources(bucket: string): Record<string, unknown> {
  const { Parameters, Resources } = parse(templateText());
  const values: Record<string, string | number> = {
    BucketName: bucket,
    "AWS::AccountId": "123456789012",
  };
  for (const [name, { Default }] of Object.entries<{ Default?: string | number }>(Parameters)) {
    if (Default !== undefined) values[name] = Default;
  }
  const valueOf = (name: string) => {
    assert.ok(Object.hasOwn(values, name), name);
    return values[name];
  };
  const resolved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolved);
    if (typeof value !== "object" || value === null) return value;
    const [[key, of]] = Object.entries(value);
    if (key === "Ref") return valueOf(of);
    if (key === "Fn::Sub") {
      return of.replace(/\$\{([\w:]+)\}/g, (_: string, name: string) => String(valueOf(name)));
    }
    if (key === "Fn::GetAtt") return "arn:aws:iam::123456789012:role/ticklake-crawler";
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, resolved(of)]));
  };
  return Object.fromEntries(
    ["Database", "Crawler", "Workgroup"].map((name) => [
      name,
      resolved(Resources[name].Properties),
    ]),
  );
}

/** Commands that the EC2 guide runs on the host, besides those that need nothing of AWS. */
const HOST_COMMANDS = ["consume", "setup-catalog", "query", "verify", "status", "doctor"];

Deno.test("the host's role has the policy of every command that the guide has the host run", () => {
  const guide = Deno.readTextFileSync(`${REPOSITORY}/docs/ec2.md`) +
    Deno.readTextFileSync(`${REPOSITORY}/deploy/cron/ticklake-cron`);
  const run = new Set(
    [...guide.matchAll(/ticklake ([a-z-]+) --env-file/g)].map(([, command]) => command),
  );
  // Kafka alone.
  run.delete("produce");
  assert.ok(run.size >= 4);
  assert.deepEqual([...run].filter((command) => !HOST_COMMANDS.includes(command)), []);
});

serviceTest(
  "a stack of the template has its bucket, roles, profile, database, crawler and workgroup, with the policies that --print-policy prints",
  { needs: ["aws", "python"] },
  async () => {
    const bucket = uniqueName("stack");
    const stack = uniqueName("stack");
    const endpoint = awsEnv().AWS_ENDPOINT_URL;
    const rest = JSON.stringify(resolvedResources(bucket));
    const made = JSON.parse(await python(MAKE_STACK, [endpoint, TEMPLATE, stack, bucket, rest]));
    assert.equal(made.made, true);
    assert.equal(
      made.encryption[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm,
      "AES256",
    );
    // moto does not make these.
    const { Bucket } = parse(templateText()).Resources;
    const { PublicAccessBlockConfiguration, LifecycleConfiguration } = Bucket.Properties;
    assert.deepEqual(Object.values(PublicAccessBlockConfiguration), [true, true, true, true]);
    assert.equal(LifecycleConfiguration.Rules[0].ExpirationInDays, 30);

    const assume = (service: string) => [["Allow", service, ["sts:AssumeRole"]]];
    assert.deepEqual(
      made.principals,
      {
        HostRole: assume("ec2.amazonaws.com"),
        CrawlerRole: assume("glue.amazonaws.com"),
      },
    );
    assert.deepEqual(made.profile, [made.hostRole], "the profile has the host's role");
    assert.equal(made.roleArn.split("/").at(-1), "ticklake-crawler");

    assert.equal(made.database.Name, "ticklake");
    const { Role, DatabaseName, Targets, RecrawlPolicy, SchemaChangePolicy } = made.crawler;
    assert.equal(Role.split("/").at(-1), "ticklake-crawler");
    assert.equal(DatabaseName, "ticklake");
    assert.equal(Targets.S3Targets[0].Path, `s3://${bucket}/ticklake/index_quotes/`);
    assert.equal(RecrawlPolicy.RecrawlBehavior, "CRAWL_NEW_FOLDERS_ONLY");
    assert.equal(SchemaChangePolicy.UpdateBehavior, "LOG");

    const { State, Configuration } = made.workgroup;
    assert.equal(State, "ENABLED");
    assert.equal(Configuration.EnforceWorkGroupConfiguration, true);
    assert.equal(
      Configuration.ResultConfiguration.OutputLocation,
      `s3://${bucket}/ticklake/athena_results/`,
    );
    assert.equal(Number(Configuration.BytesScannedCutoffPerQuery), 10 * 2 ** 30);

    assert.equal(made.outputs.InstanceProfile, made.profileName);
    const settings = Object.fromEntries(
      made.outputs.Settings.trim().split(/\s+/).map((line: string) => line.split("=")),
    );
    assert.deepEqual(settings, {
      AWS_REGION: "eu-central-1",
      AWS_S3_BUCKET: bucket,
      TICKLAKE_PREFIX: "ticklake",
      TICKLAKE_DATABASE: "ticklake",
      TICKLAKE_WORKGROUP: "ticklake",
      TICKLAKE_GLUE_ROLE: "ticklake-crawler",
    });
    // The program takes the stack's lines, and finds all that the stack has made.
    const looked = await runTicklake(["doctor", "--json"], { env: { ...awsEnv(), ...settings } });
    const { findings } = JSON.parse(looked.stdout) as {
      findings: Array<{ check: string; status: string; detail: string }>;
    };
    const check = (name: string) => findings.find(({ check }) => check === name)!;
    for (const name of ["bucket", "write permission", "role", "Glue database"]) {
      assert.equal(check(name)?.status, "ok", `${name}: ${JSON.stringify(findings)}`);
    }
    assert.equal(check("Athena workgroup").detail, "ticklake exists");
    assert.equal(
      check("Athena results").detail,
      `go to s3://${bucket}/ticklake/athena_results/`,
    );
    const printed = await runTicklake(["setup-catalog", "--print-policy", "--bucket", bucket], {
      env: {
        ...awsEnv(),
        AWS_REGION: "eu-central-1",
        TICKLAKE_GLUE_ROLE: "ticklake-crawler",
        TICKLAKE_WORKGROUP: "ticklake",
      },
    });
    const wanted = JSON.parse(
      printed.stdout.replaceAll("eu-central-1:*:", "eu-central-1:123456789012:")
        .replaceAll("iam::*:", "iam::123456789012:"),
    );
    for (const command of HOST_COMMANDS) {
      assert.deepEqual(made.policies[`ticklake-${command}`], wanted[command], command);
    }
    assert.deepEqual(made.policies["ticklake-lake"], wanted["crawler role"]);
    const kept = JSON.parse(await python(DELETE_STACK, [endpoint, stack, bucket]));
    assert.equal(kept, true, "the bucket outlives its stack");
  },
);
