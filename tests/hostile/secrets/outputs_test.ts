import assert from "node:assert/strict";
import { COMMANDS } from "../../../mod/commands/table.ts";
import { REDACTED } from "../../../mod/failure/secrets.ts";
import { inParallel } from "../../../mod/verify/in_parallel.ts";
import { freePort } from "../../services/free_port.ts";
import { runTicklake, serviceTest } from "../../services/services.ts";
import { plantedIn, PROFILE, REGISTRY_USER, SECRETS, withUser } from "./planted.ts";
import { turncoat } from "./turncoat.ts";
import { turncoatKafka } from "./turncoat_kafka.ts";

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

/** Whether all is run, as by `./dev hostile`. */
const IS_LONG = Deno.env.get("TEST_HOSTILE") === "1";

const LEVELS = ["debug", "info", "warning", "error"];

const TEXT: string[] = [];
const JSON_LINES = ["--json", "--log-format", "json"];

/** Seconds after which a command is ended: it repeats what failed, or serves. */
const PATIENCE_S = "8";

/** Command lines that are run at once. */
const TOGETHER = 8;

/** What settings a place has, beside the planted ones. */
type Place = (url: string, cwd: string) => Record<string, string>;

/** Kafka and all that speaks HTTP are not there. */
const away: Place = (url) => ({
  KAFKA_BOOTSTRAP_SERVERS: new URL(url).host,
  KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
  KAFKA_SASL_MECHANISM: "PLAIN",
  KAFKA_SASL_USERNAME: "alice",
});

/** The log is there, and what speaks HTTP answers with what it was asked. */
const iceberg: Place = (url) => ({
  SCHEMA_REGISTRY_URL: url,
  SCHEMA_REGISTRY_USER: REGISTRY_USER,
  TICKLAKE_MESSAGE_FORMAT: "avro",
  TICKLAKE_TABLE_FORMAT: "iceberg",
  ICEBERG_REST_URI: url,
  ICEBERG_REST_TOKEN: "",
});

/** As before, with users in the URLs: some settings are refused. */
const users: Place = (url, cwd) => ({
  ...iceberg(url, cwd),
  SCHEMA_REGISTRY_URL: withUser(url),
  ICEBERG_REST_URI: withUser(url),
  ICEBERG_REST_OAUTH2_URI: withUser(url),
  KAFKA_BOOTSTRAP_SERVERS: withUser(url),
});

/** As before, with a catalog that has granted a token. */
const granted: Place = (url) => ({
  TICKLAKE_TABLE_FORMAT: "iceberg",
  ICEBERG_REST_URI: url,
  ICEBERG_REST_TOKEN: "",
  ICEBERG_REST_OAUTH2_URI: `${url}/granted`,
});

/** As before, with a token that the user has. */
const bearer: Place = (url) => ({
  TICKLAKE_TABLE_FORMAT: "iceberg",
  ICEBERG_REST_URI: url,
  ICEBERG_REST_CREDENTIAL: "",
});

/** S3, Glue and Athena by the keys of a profile, which the program itself does not read. */
const profile: Place = (_, cwd) => {
  Deno.writeTextFileSync(
    `${cwd}/credentials`,
    "[default]\naws_access_key_id = AKIAEXAMPLE\n" +
      `aws_secret_access_key = ${PROFILE.secret}\naws_session_token = ${PROFILE.token}\n`,
  );
  return {
    AWS_SHARED_CREDENTIALS_FILE: `${cwd}/credentials`,
    AWS_SECRET_ACCESS_KEY: "",
    AWS_SESSION_TOKEN: "",
    AWS_ACCESS_KEY_ID: "",
  };
};

interface PlannedPlace {
  place: Place;
  /** Flags of the short form. */
  forms: string[][];
  /** Whether something answers. */
  answers: boolean;
  /** Commands of the short form. @default {all} */
  commands?: readonly string[];
}

const PLACES: Record<string, PlannedPlace> = {
  "where nothing answers": { place: away, forms: [TEXT], answers: false },
  "where the answer repeats the request": { place: iceberg, forms: [JSON_LINES], answers: true },
  "with users in all URLs": {
    place: users,
    forms: [TEXT],
    answers: false,
    commands: ["produce", "status", "config"],
  },
  "where a token was granted": {
    place: granted,
    forms: [TEXT],
    answers: true,
    commands: ["setup-catalog", "verify"],
  },
  "with a bearer token of the catalog": {
    place: bearer,
    forms: [TEXT],
    answers: true,
    commands: ["setup-catalog", "verify"],
  },
  "with the keys of a profile": {
    place: profile,
    forms: [TEXT],
    answers: true,
    commands: ["setup-catalog", "status", "query", "doctor"],
  },
};

for (const [where, { place, forms, answers, commands }] of Object.entries(PLACES)) {
  for (const level of IS_LONG && place === iceberg ? LEVELS : ["debug"]) {
    for (const flags of IS_LONG ? [TEXT, JSON_LINES] : forms) {
      const what = ["--log-level", level, ...flags].join(" ");
      serviceTest(
        `no secret is in what a command writes with ${what}, ${where}`,
        { needs: ["binary"] },
        async () => {
          await using server = answers ? turncoat() : undefined;
          const url = server?.url ?? `http://127.0.0.1:${freePort()}`;
          const cwd = await Deno.makeTempDir({ prefix: "ticklake-secrets-" });
          const env = {
            ...SECRETS,
            AWS_S3_BUCKET: "quotes",
            AWS_REGION: "us-east-1",
            AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
            AWS_ENDPOINT_URL: withUser(url),
            AWS_EC2_METADATA_DISABLED: "true",
            ...place(url, cwd),
          };
          let redacted = 0;
          // Most of the time they wait for an answer.
          const lines = LINES.filter(([name]) => IS_LONG || (commands?.includes(name) ?? true));
          const jobs = lines.map((line) => async () => {
            const args = [...line, "--home", line.join("-"), "--log-level", level, ...flags];
            const wrapper = ["timeout", "--signal=TERM", PATIENCE_S];
            const { stdout, stderr } = await runTicklake(args, { env, cwd, wrapper, binary: true });
            if ((stdout + stderr).includes(REDACTED)) redacted++;
            assert.equal(plantedIn(stdout + stderr), undefined, `${line}\n${stdout}\n${stderr}`);
          });
          await inParallel(jobs, TOGETHER);
          await Deno.remove(cwd, { recursive: true });
          assert.ok(redacted > 0 || !answers, "no output had a place for a secret");
        },
      );
    }
  }
}

for (const mechanism of ["PLAIN", "SCRAM-SHA-256"]) {
  serviceTest(
    `no secret is in what a command writes where Kafka repeats a login by ${mechanism}`,
    { needs: ["binary"] },
    async () => {
      using kafka = turncoatKafka();
      const cwd = await Deno.makeTempDir({ prefix: "ticklake-secrets-" });
      const env = {
        ...SECRETS,
        ...away(`http://127.0.0.1:${kafka.port}`, cwd),
        KAFKA_SASL_MECHANISM: mechanism,
      };
      let redacted = 0;
      const lines = [["produce", "-n", "1"], ["topic", "list"], ["doctor"]];
      await inParallel(
        lines.map((line) => async () => {
          const args = [...line, "--home", line.join("-"), "--log-level", "debug"];
          const wrapper = ["timeout", "--signal=TERM", PATIENCE_S];
          const { stdout, stderr } = await runTicklake(args, { env, cwd, wrapper, binary: true });
          const told = `${line}\n${stdout}\n${stderr}`;
          if ((stdout + stderr).includes(REDACTED)) redacted++;
          assert.equal(plantedIn(stdout + stderr), undefined, told);
          assert.match(stdout + stderr, /refused to log us in|SASL/, told);
        }),
        TOGETHER,
      );
      await Deno.remove(cwd, { recursive: true });
      assert.ok(redacted > 0 || mechanism !== "PLAIN", "no output had a place for a secret");
    },
  );
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
