import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";

Deno.test("a command's --help names the settings that are no flags", async () => {
  const { stdout } = await runTicklake(["produce", "--help"]);
  assert.match(
    stdout,
    /In the environment or \.env only:\n {2}KAFKA_SECURITY_PROTOCOL=PLAINTEXT\|SSL\|SASL_PLAINTEXT\|SASL_SSL\n/,
  );
  assert.match(stdout, /\n {2}KAFKA_SASL_PASSWORD\n {6}Password for PLAIN and SCRAM\n/);
  assert.doesNotMatch(stdout, /--sasl-password/);
  assert.doesNotMatch(stdout, /TICKLAKE_S3_PATH_STYLE/, "a setting of other commands");
});

Deno.test("a password is no flag", async () => {
  const { code, stderr } = await runTicklake(["produce", "--sasl-password", "x"]);
  assert.equal(code, 2);
  assert.match(stderr, /unknown option '--sasl-password'/);
});
