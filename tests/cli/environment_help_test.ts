import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";

Deno.test("a command's --help names the settings that are no flags", async () => {
  const { stdout } = await runTicklake(["produce", "--help"]);
  const kafka = stdout.slice(stdout.indexOf("\nKafka:\n"), stdout.indexOf("\nOutput:\n"));
  assert.match(kafka, /\n {2}KAFKA_SECURITY_PROTOCOL=<protocol>\s+Security protocol/);
  assert.match(kafka, /one of PLAINTEXT, SSL,\s+SASL_PLAINTEXT, SASL_SSL/);
  assert.match(kafka, /\n {2}KAFKA_SASL_PASSWORD=<password>\s+Password for PLAIN and SCRAM/);
  assert.doesNotMatch(stdout, /--sasl-password/);
  assert.doesNotMatch(stdout, /TICKLAKE_S3_PATH_STYLE/, "a setting of other commands");
});

Deno.test("a password is no flag", async () => {
  const { code, stderr } = await runTicklake(["produce", "--sasl-password", "x"]);
  assert.equal(code, 2);
  assert.match(stderr, /unknown option '--sasl-password'/);
});
