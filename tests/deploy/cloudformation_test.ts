import assert from "node:assert/strict";
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

const MAKE_STACK = `
import ast, json, sys, boto3
endpoint, template, stack, bucket = sys.argv[1:]
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
buckets = [b["Name"] for b in boto3.client("s3", **aws).list_buckets()["Buckets"]]
print(json.dumps(dict(policies=policies, made=bucket in buckets)))
cloudformation.delete_stack(StackName=stack)
print(json.dumps(bucket in [b["Name"] for b in boto3.client("s3", **aws).list_buckets()["Buckets"]]))
`;

serviceTest(
  "a stack of the template has the bucket, and the policies that --print-policy prints",
  { needs: ["aws", "python"] },
  async () => {
    const bucket = uniqueName("stack");
    const out = await python(MAKE_STACK, [
      awsEnv().AWS_ENDPOINT_URL,
      TEMPLATE,
      uniqueName("stack"),
      bucket,
    ]);
    const [made, kept] = out.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(made.made, true);
    assert.equal(kept, true, "the bucket outlives its stack");
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
    for (const command of ["consume", "setup-catalog", "query", "verify", "status"]) {
      assert.deepEqual(made.policies[`ticklake-${command}`], wanted[command], command);
    }
    assert.deepEqual(made.policies["ticklake-lake"], wanted["crawler role"]);
  },
);
