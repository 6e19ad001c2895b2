import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { freePort } from "../services/free_port.ts";
import { runTicklake } from "../services/services.ts";

const SECRETS = {
  KAFKA_SASL_PASSWORD: "kafka-5ecret-0f-nobody",
  AWS_SECRET_ACCESS_KEY: "aws-5ecret/0f+nobody",
  AWS_SESSION_TOKEN: "token-5ecret-0f-nobody",
  // Not as a parser writes it, which is how an error of fetch tells it.
  TICKLAKE_ALERT_WEBHOOK: "HTTP://LocalHost:1/x/../hook%2D5ecret-0f-nobody?key=h00k-key-5ecret",
};

/** What may stand nowhere in what a command writes. */
const PLANTED = [
  ...Object.values(SECRETS),
  "5ecret-0f-nobody",
  "h00k-key-5ecret",
  "end-p0int-5ecret",
  "end-p0int-user",
];

/** Words without which a command asks for them. */
const ARGUMENTS: Partial<Record<string, string[]>> = {
  completions: ["bash"],
  query: ["SELECT 1"],
  produce: ["-n", "1", "--rate", "max"],
  consume: ["--until-end"],
};

for (const { name } of COMMANDS) {
  for (const flags of [[], ["--json", "--log-format", "json"]]) {
    Deno.test(`no secret is in what \`ticklake ${[name, ...flags].join(" ")}\` writes, whatever fails`, async () => {
      const away = freePort();
      const { stdout, stderr } = await runTicklake(
        [name, ...ARGUMENTS[name] ?? [], "--log-level", "debug", ...flags],
        {
          env: {
            ...SECRETS,
            KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${away}`,
            KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
            KAFKA_SASL_MECHANISM: "PLAIN",
            KAFKA_SASL_USERNAME: "alice",
            AWS_S3_BUCKET: "quotes",
            AWS_REGION: "us-east-1",
            AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
            AWS_ENDPOINT_URL: `http://end-p0int-user:end-p0int-5ecret@127.0.0.1:${away}`,
          },
        },
      );
      for (const secret of PLANTED) {
        assert.ok(!(stdout + stderr).includes(secret), `${secret} in\n${stdout}\n${stderr}`);
      }
    });
  }
}

Deno.test("a secret that stands in a foreign message is taken out of it", async () => {
  // The name of a file that is not there is part of the runtime's own error.
  const { code, stderr } = await runTicklake(["produce", "--schema", "/no/kafka-5ecret/x.json"], {
    env: { KAFKA_SASL_PASSWORD: "kafka-5ecret" },
  });
  assert.equal(code, 2);
  assert.match(stderr, /\/no\/\(secret\)\/x\.json/);
  assert.doesNotMatch(stderr, /kafka-5ecret/);
});
