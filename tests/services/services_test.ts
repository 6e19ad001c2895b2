import { CreateBucketCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import {
  awsEnv,
  kafka,
  python,
  realS3Env,
  runTicklake,
  serviceTest,
  spawnTicklake,
  uniqueName,
} from "./services.ts";
import { requestHandler } from "../../mod/aws/request_handler.ts";
import { readSummary } from "../run/tally.ts";
import { REPOSITORY } from "./tools_folder.ts";

serviceTest("the broker carries a message", { needs: ["kafka", "python"] }, async () => {
  const topic = uniqueName("services");
  const script = `
import sys
from kafka import KafkaConsumer, KafkaProducer
bootstrap, topic = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=bootstrap)
producer.send(topic, b"hello").get(30)
consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
print(next(iter(consumer)).value.decode())
`;
  assert.equal(await python(script, [kafka()!, topic]), "hello\n");
});

/** Calls `use` with a client on the program's own way to AWS: the SDK's can hang on older Denos. */
async function withS3(
  env: Record<string, string>,
  use: (client: S3Client) => Promise<void>,
  secretAccessKey = env.AWS_SECRET_ACCESS_KEY,
): Promise<void> {
  const { handler, close } = requestHandler();
  const client = new S3Client({
    endpoint: env.AWS_ENDPOINT_URL,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey },
    forcePathStyle: true,
    requestHandler: handler,
  });
  try {
    await use(client);
  } finally {
    client.destroy();
    close();
  }
}

function makesBucket(env: Record<string, string>): Promise<void> {
  return withS3(env, async (client) => {
    const Bucket = uniqueName("services");
    await client.send(new CreateBucketCommand({ Bucket }));
    const { Buckets } = await client.send(new ListBucketsCommand());
    assert.ok(Buckets!.some(({ Name }) => Name === Bucket));
  });
}

serviceTest("the AWS APIs make a bucket", { needs: ["aws"] }, () => makesBucket(awsEnv()));

serviceTest("the S3 server makes a bucket", { needs: ["real-s3"] }, () => makesBucket(realS3Env()));

serviceTest("the S3 server refuses a wrong secret", { needs: ["real-s3"] }, async () => {
  const refused = (client: S3Client) =>
    assert.rejects(client.send(new ListBucketsCommand()), { name: "SignatureDoesNotMatch" });
  await withS3(realS3Env(), refused, "wrong");
});

serviceTest("Python has the readers of the lake", { needs: ["python"] }, async () => {
  const versions = await python(
    "import duckdb, pyarrow; print(duckdb.__version__, pyarrow.__version__)",
  );
  assert.match(versions, /^\d+\.\d+\.\d+ \d+\.\d+\.\d+\n$/);
});

serviceTest("a Python script that fails says why", { needs: ["python"] }, async () => {
  await assert.rejects(python("raise SystemExit('no such thing')"), /no such thing/);
});

Deno.test("ticklake runs, and sees only the environment that the test gives it", async () => {
  Deno.env.set("KAFKA_TOPIC", "of-the-host");
  const { code, stdout, stderr } = await runTicklake(["config"], {
    env: { KAFKA_GROUP_ID: "of-the-test" },
  });
  Deno.env.delete("KAFKA_TOPIC");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /of-the-test/);
  assert.doesNotMatch(stdout, /of-the-host/);
});

Deno.test("ticklake that has not ended in time is killed", async () => {
  await assert.rejects(
    runTicklake(["produce", "--interval", "1h"], { timeoutMs: 3000 }),
    /had not ended after 3000 ms/,
  );
});

Deno.test("a wait for output ends when the program ends without it", async () => {
  await using program = spawnTicklake(["--version"]);
  await program.waitFor(/\d+\.\d+\.\d+/);
  await assert.rejects(program.waitFor(/never said/), /it ended without/);
});

/** Runs a file with one test that needs Kafka, where there is none. */
async function testWithoutKafka(env: Record<string, string>) {
  const folder = Deno.makeTempDirSync();
  const services = JSON.stringify(import.meta.resolve("./services.ts"));
  Deno.writeTextFileSync(
    `${folder}/a_test.ts`,
    `import { serviceTest } from ${services};
serviceTest("needs it", { needs: ["kafka"] }, () => {});\n`,
  );
  const record = `${folder}/skipped`;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", `--config=${REPOSITORY}/deno.json`, `${folder}/a_test.ts`],
    env: {
      TEST_KAFKA: "",
      CI: "",
      TEST_MISSING: `{"kafka":"java is not installed"}`,
      TEST_SKIPPED_FILE: record,
      ...env,
    },
    stderr: "null",
  }).output();
  const output = new TextDecoder().decode(stdout);
  const skipped = env.CI === "true" ? "" : Deno.readTextFileSync(record);
  Deno.removeSync(folder, { recursive: true });
  return { tally: readSummary(output, success), output, skipped };
}

Deno.test("a test without its service is skipped, and the reason is recorded", async () => {
  const { tally, skipped } = await testWithoutKafka({});
  assert.deepEqual(tally, { passed: 0, failed: 0, skipped: 1 });
  assert.deepEqual(JSON.parse(skipped), { name: "needs it", reasons: ["java is not installed"] });
});

Deno.test("a test without its service fails in CI", async () => {
  const { tally, output } = await testWithoutKafka({ CI: "true" });
  assert.deepEqual(tally, { passed: 0, failed: 1, skipped: 0 });
  assert.match(output, /needs kafka: java is not installed/);
});
