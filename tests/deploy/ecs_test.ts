import assert from "node:assert/strict";
import { awsEnv, python, serviceTest, uniqueName } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const TASK = `${REPOSITORY}/deploy/ecs/task-definition.json`;

/**
 * Registers a task definition: botocore checks it by the model of ECS's API (fields, types, what is
 * required), and moto keeps it.
 */
const REGISTER = `
import json, sys, boto3, botocore.exceptions
endpoint, file, family = sys.argv[1:]
ecs = boto3.client("ecs", endpoint_url=endpoint, region_name="eu-central-1",
                   aws_access_key_id="test", aws_secret_access_key="test")
task = json.load(open(file))
task["family"] = family
try:
    ecs.register_task_definition(**task)
    kept = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    print(json.dumps({name: kept[name] for name in task}))
except botocore.exceptions.ParamValidationError as error:
    print(json.dumps(str(error)))
`;

/**
 * The same as a resource of CloudFormation, whose schema knows the values that a field can have, and
 * which memory Fargate has with how much CPU.
 */
const LINT = `
import json, sys, tempfile
from cfnlint.runner import main
def capital(value, name=""):
    if isinstance(value, list):
        return [capital(item) for item in value]
    if not isinstance(value, dict) or name == "options":
        return value
    return {key[0].upper() + key[1:]: capital(item, key) for key, item in value.items()}
task = dict(Type="AWS::ECS::TaskDefinition", Properties=capital(json.load(open(sys.argv[1]))))
with tempfile.NamedTemporaryFile("w", suffix=".json") as template:
    json.dump(dict(AWSTemplateFormatVersion="2010-09-09", Resources=dict(Task=task)), template)
    template.flush()
    sys.argv[1:] = [template.name]
    try:
        main()
    except SystemExit:
        pass
`;

interface Task {
  cpu: string;
  containerDefinitions: Array<Record<string, unknown>>;
}

async function withTask(
  change: (task: Task) => void,
  body: (file: string) => Promise<void>,
): Promise<void> {
  const task = JSON.parse(await Deno.readTextFile(TASK)) as Task;
  change(task);
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(task));
    await body(file);
  } finally {
    await Deno.remove(file);
  }
}

serviceTest("the ECS task is one by the model of ECS's API, and is kept as it is", {
  needs: ["aws", "python"],
}, async () => {
  const register = async (file: string) => {
    const family = uniqueName("task");
    return {
      family,
      kept: JSON.parse(await python(REGISTER, [awsEnv().AWS_ENDPOINT_URL, file, family])),
    };
  };
  const task = JSON.parse(await Deno.readTextFile(TASK));
  const { family, kept } = await register(TASK);
  assert.equal(typeof kept, "object", String(kept));
  assert.deepEqual(
    [kept.family, kept.cpu, kept.memory, kept.networkMode, kept.taskRoleArn],
    [family, task.cpu, task.memory, task.networkMode, task.taskRoleArn],
  );
  const { command, environment, stopTimeout } = kept.containerDefinitions[0];
  const [given] = task.containerDefinitions;
  assert.deepEqual(
    { command, environment, stopTimeout },
    { command: given.command, environment: given.environment, stopTimeout: given.stopTimeout },
  );
  await withTask(
    ({ containerDefinitions: [container] }) => container.stopTimout = container.stopTimeout,
    async (file) =>
      assert.match(String((await register(file)).kept), /Unknown parameter.*stopTimout/),
  );
  await withTask(
    ({ containerDefinitions: [container] }) => container.stopTimeout = "60",
    async (file) => assert.match(String((await register(file)).kept), /Invalid type.*stopTimeout/),
  );
});

serviceTest("the ECS task has values that ECS takes, and a size that Fargate has", {
  needs: ["python"],
}, async () => {
  assert.equal((await python(LINT, [TASK])).trim(), "");
  await withTask(
    (task) => task.cpu = "4096",
    async (file) => assert.match(await python(LINT, [file]), /E30\d\d/),
  );
  await withTask(
    ({ containerDefinitions: [container] }) =>
      container.logConfiguration = { logDriver: "cloudwatch" },
    async (file) => assert.match(await python(LINT, [file]), /'cloudwatch' is not one of/),
  );
});
