import assert from "node:assert/strict";
import { serviceTest } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/**
 * Runs `doctor` in a home whose AWS profile gets its credentials from a program: the one way in which
 * it would start another. Gives whether that program was started.
 */
async function startsPrograms(program: string, ...args: string[]) {
  const home = await Deno.makeTempDir({ prefix: "ticklake-programs-" });
  const credentials = '{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"x"}';
  const script = `#!/bin/sh\ntouch ${home}/started\necho '${credentials}'\n`;
  await Deno.writeTextFile(`${home}/credentials`, script, { mode: 0o755 });
  await Deno.mkdir(`${home}/.aws`);
  await Deno.writeTextFile(
    `${home}/.aws/config`,
    `[default]\ncredential_process = ${home}/credentials\n`,
  );
  const { stdout } = await new Deno.Command(program, {
    args: [...args, "doctor", "--json"],
    cwd: home,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH")!,
      HOME: home,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      AWS_ENDPOINT_URL: Deno.env.get("TEST_AWS_ENDPOINT")!,
      AWS_REGION: "us-east-1",
      AWS_S3_BUCKET: "quotes",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    stdin: "null",
  }).output();
  const started = [...Deno.readDirSync(home)].some(({ name }) => name === "started");
  await Deno.remove(home, { recursive: true });
  const { findings } = JSON.parse(new TextDecoder().decode(stdout)) as {
    findings: Array<{ check: string; status: string; detail: string }>;
  };
  return { started, identity: findings.find(({ check }) => check === "AWS identity")! };
}

serviceTest("the binary starts no program, not even one that an AWS profile names", {
  needs: ["binary", "aws"],
}, async () => {
  const { started, identity } = await startsPrograms(Deno.env.get("TEST_BINARY")!);
  assert.equal(started, false);
  assert.equal(identity.status, "failed");
  assert.match(identity.detail, /credentials/);

  // With all permissions the very same would be started: it is the permissions that hold it back.
  const all = ["run", "-A", "--quiet", `--config=${REPOSITORY}/deno.json`, `${REPOSITORY}/main.ts`];
  assert.equal((await startsPrograms(Deno.execPath(), ...all)).started, true);
});
