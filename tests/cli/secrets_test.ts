import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { REDACTED } from "../../mod/config/redaction.ts";
import { SETTINGS } from "../../mod/config/settings.ts";
import { freePort } from "../services/free_port.ts";
import { runTicklake } from "../services/services.ts";

/** Every secret setting, and what the SDK of AWS reads by itself. */
const SECRETS: Record<string, string> = {
  ...Object.fromEntries(
    Object.values(SETTINGS).flatMap((setting) =>
      "secret" in setting && setting.secret
        ? [[setting.env, `${setting.env}-5ecret-0f-nobody`]]
        : []
    ),
  ),
  AWS_SECRET_ACCESS_KEY: "aws-5ecret/0f+nobody",
  AWS_SESSION_TOKEN: "token-5ecret-0f-nobody",
  ICEBERG_REST_CREDENTIAL: "catalog-client:cata10g-5ecret",
  // Not as a parser writes it, which is how an error of fetch tells it.
  TICKLAKE_ALERT_WEBHOOK: "HTTP://LocalHost:1/x/../hook%2D5ecret-0f-nobody?key=h00k-key-5ecret",
};

const REGISTRY_USER = "registry-user";

/** What may stand nowhere in what a command writes. */
const PLANTED = [
  ...Object.values(SECRETS),
  "5ecret-0f-nobody",
  "h00k-key-5ecret",
  "cata10g-5ecret",
  "end-p0int-5ecret",
  "end-p0int-user",
  btoa(`${REGISTRY_USER}:${SECRETS.SCHEMA_REGISTRY_PASSWORD}`),
  btoa(SECRETS.ICEBERG_REST_CREDENTIAL),
];

/** Words without which a command asks for them. */
const ARGUMENTS: Partial<Record<string, string[]>> = {
  query: ["SELECT 1"],
  produce: ["-n", "1", "--rate", "max"],
  consume: ["--until-end"],
  reset: ["--to", "lake"],
  repair: ["--log"],
  dashboard: ["--listen", "127.0.0.1:0"],
};

/** Each command line, once for each word that a command takes. */
const LINES = COMMANDS.flatMap((
  { name, words = [""] }: { name: string; words?: readonly string[] },
) => words.map((word) => [name, ...word === "" ? [] : [word], ...ARGUMENTS[name] ?? []]));

/** Whether all is run, as by `./dev hostile`. What a level prints, debug prints too. */
const IS_LONG = Deno.env.get("TEST_HOSTILE") === "1";

const LEVELS = IS_LONG ? ["debug", "info", "warning", "error"] : ["debug"];

const TEXT: string[] = [];
const JSON_LINES = ["--json", "--log-format", "json"];

const endpoint = (port: number) => `http://end-p0int-user:end-p0int-5ecret@127.0.0.1:${port}`;

/** Kafka and all that speaks HTTP are not there. */
const away = (port: number) => ({
  KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}`,
  KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
  KAFKA_SASL_MECHANISM: "PLAIN",
  KAFKA_SASL_USERNAME: "alice",
});

/** The log is there, and what speaks HTTP answers with what it was asked. */
const answering = (port: number) => ({
  SCHEMA_REGISTRY_URL: endpoint(port),
  SCHEMA_REGISTRY_USER: REGISTRY_USER,
  TICKLAKE_MESSAGE_FORMAT: "avro",
  TICKLAKE_TABLE_FORMAT: "iceberg",
  ICEBERG_REST_URI: endpoint(port),
});

const PLACES = [
  { where: "where nothing answers", place: away, forms: IS_LONG ? [TEXT, JSON_LINES] : [TEXT] },
  {
    where: "where the answer repeats the request",
    place: answering,
    forms: IS_LONG ? [TEXT, JSON_LINES] : [JSON_LINES],
  },
];

/** A server that refuses everything, and gives back all that it was asked. */
function echo(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const headers = [...request.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const said = `${request.method} ${request.url}\n${headers}\n${await request.text()}`;
    const message = JSON.stringify({
      error: { message: said, type: said, code: 403 },
      message: said,
    });
    return new Response(message, { status: 403, headers: { "Content-Type": "application/json" } });
  });
}

for (const { where, place, forms } of PLACES) {
  for (const level of LEVELS) {
    for (const flags of forms) {
      const what = ["--log-level", level, ...flags].join(" ");
      Deno.test(`no secret is in what a command writes with ${what}, ${where}`, async () => {
        const server = place === answering ? echo() : undefined;
        const port = server?.addr.port ?? freePort();
        const env = {
          ...SECRETS,
          AWS_S3_BUCKET: "quotes",
          AWS_REGION: "us-east-1",
          AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
          AWS_ENDPOINT_URL: endpoint(port),
          ...place(port),
        };
        let redacted = 0;
        try {
          for (const line of LINES) {
            const args = [...line, "--log-level", level, ...flags];
            // What serves is ended.
            const wrapper = ["timeout", "--signal=TERM", "20"];
            const { stdout, stderr } = await runTicklake(args, { env, wrapper });
            if ((stdout + stderr).includes(REDACTED)) redacted++;
            for (const secret of PLANTED) {
              const said = `${secret} in ${line.join(" ")}\n${stdout}\n${stderr}`;
              assert.ok(!(stdout + stderr).includes(secret), said);
            }
          }
        } finally {
          await server?.shutdown();
        }
        assert.ok(redacted > 0 || server === undefined, "no output had a place for a secret");
      });
    }
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
