import assert from "node:assert/strict";
import { freePort } from "../services/free_port.ts";
import { runTicklake } from "../services/services.ts";

Deno.test("a service that fails names doctor, which looks for the cause; doctor itself does not", async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${freePort()}` };
  const { code, stderr } = await runTicklake(["status"], { env });
  assert.equal(code, 3);
  assert.match(stderr, /\n {2}fix: .*`ticklake doctor` checks each setting and service\.\n$/);
  const doctor = await runTicklake(["doctor"], { env });
  assert.doesNotMatch(doctor.stdout + doctor.stderr, /`ticklake doctor`/);
});

Deno.test("names in .env that look like ours are warned of, and nothing else is", async () => {
  const cwd = await Deno.makeTempDir();
  const names = ["BOOTSTRAP_SERVERS", "KAFKA_BROKERS", "AWS_BUCKET", "S3_ENDPOINT"];
  names.push("AWS_PROFILE", "PORT");
  await Deno.writeTextFile(`${cwd}/.env`, names.map((name) => `${name}=x\n`).join(""));
  const { stderr } = await runTicklake(["config"], { cwd });
  await Deno.remove(cwd, { recursive: true });
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    "warning: BOOTSTRAP_SERVERS in .env is not a setting; did you mean KAFKA_BOOTSTRAP_SERVERS?",
    "warning: KAFKA_BROKERS in .env is not a setting; did you mean KAFKA_BOOTSTRAP_SERVERS?",
    "warning: AWS_BUCKET in .env is not a setting; did you mean AWS_S3_BUCKET?",
    "warning: S3_ENDPOINT in .env is not read by the AWS SDK; did you mean AWS_ENDPOINT_URL?",
  ]);
});
