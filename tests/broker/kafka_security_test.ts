import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { openKafkaBroker } from "../../mod/broker/kafka/kafka_broker.ts";
import { loadSettings } from "../../mod/config/load.ts";
import {
  PLAIN_PASSWORD,
  SCRAM_PASSWORD,
  type SecureKafka,
  startSecureKafka,
  USER,
} from "../services/kafka/secure_kafka.ts";
import { runTicklake, serviceTest, type TicklakeResult, uniqueName } from "../services/services.ts";
import { Recorder } from "./recorder.ts";

const WRONG_PASSWORD = "not-the-pa55word";
const AWS_SECRET = "aws-5ecret-of-nobody";
const SECRETS = [PLAIN_PASSWORD, SCRAM_PASSWORD, WRONG_PASSWORD, AWS_SECRET];

type Env = Record<string, string>;

/** The settings of each way in that works. */
function waysIn({ servers, authority, client }: SecureKafka): Record<string, Env> {
  const tls = { KAFKA_SECURITY_PROTOCOL: "SSL", KAFKA_SSL_CA_FILE: authority.cert };
  const scram = (mechanism: string) => ({
    ...tls,
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
    KAFKA_BOOTSTRAP_SERVERS: servers.scram,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: USER,
    KAFKA_SASL_PASSWORD: SCRAM_PASSWORD,
  });
  return {
    "TLS": { ...tls, KAFKA_BOOTSTRAP_SERVERS: servers.tls },
    "a client certificate": {
      ...tls,
      KAFKA_BOOTSTRAP_SERVERS: servers.mutual,
      KAFKA_SSL_CERT_FILE: client.cert,
      KAFKA_SSL_KEY_FILE: client.key,
    },
    "PLAIN": {
      KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
      KAFKA_BOOTSTRAP_SERVERS: servers.plain,
      KAFKA_SASL_MECHANISM: "PLAIN",
      KAFKA_SASL_USERNAME: USER,
      KAFKA_SASL_PASSWORD: PLAIN_PASSWORD,
    },
    "SCRAM-SHA-256": scram("SCRAM-SHA-256"),
    "SCRAM-SHA-512": scram("SCRAM-SHA-512"),
    "AWS_MSK_IAM": {
      ...tls,
      KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
      KAFKA_BOOTSTRAP_SERVERS: servers.msk,
      KAFKA_SASL_MECHANISM: "AWS_MSK_IAM",
    },
  };
}

/** What AWS's signer reads from the environment by itself. */
const AWS = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: AWS_SECRET,
};

interface Refusal {
  env: Env;
  code: 2 | 3;
  /** What standard error says: the cause, and the way out. */
  says: [problem: RegExp, fix: RegExp];
}

/** Settings that are refused, by what is wrong with them. */
function refusals(kafka: SecureKafka, ways: Record<string, Env>): Record<string, Refusal> {
  const { servers, stranger, client } = kafka;
  const { TLS: tls, "a client certificate": mutual, PLAIN: plain, "SCRAM-SHA-512": scram } = ways;
  const without = (env: Env, ...names: string[]) =>
    Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
  const at = (server: string) => ({ KAFKA_BOOTSTRAP_SERVERS: server });
  return {
    "an authority that is not ours": {
      env: { ...tls, KAFKA_SSL_CA_FILE: stranger.cert },
      code: 3,
      says: [
        /at 127\.0\.0\.1:\d+ has a certificate of an authority that is not trusted/,
        /KAFKA_SSL_CA_FILE must hold the certificate of the authority/,
      ],
    },
    "no authority of our own": {
      env: without(tls, "KAFKA_SSL_CA_FILE"),
      code: 3,
      says: [/certificate of an authority that is not trusted/, /Set KAFKA_SSL_CA_FILE to the/],
    },
    "a certificate for another host": {
      env: { ...tls, ...at(servers.misnamed) },
      code: 3,
      says: [
        /has a certificate for other names .*elsewhere\.example/,
        /host name in the broker's certificate/,
      ],
    },
    "a certificate that has expired": {
      env: { ...tls, ...at(servers.expired) },
      code: 3,
      says: [
        /has a certificate that has expired or is not yet valid/,
        /Renew the broker's certificate, or set this host's clock/,
      ],
    },
    "no client certificate": {
      env: without(mutual, "KAFKA_SSL_CERT_FILE", "KAFKA_SSL_KEY_FILE"),
      code: 3,
      says: [/requires a client certificate/, /Set KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE/],
    },
    "a client certificate that the broker does not trust": {
      env: {
        ...mutual,
        KAFKA_SSL_CERT_FILE: stranger.cert,
        KAFKA_SSL_KEY_FILE: stranger.key,
      },
      code: 3,
      says: [/refuses our client certificate/, /that the broker's truststore trusts/],
    },
    "a wrong password with PLAIN": {
      env: { ...plain, KAFKA_SASL_PASSWORD: WRONG_PASSWORD },
      code: 3,
      says: [/refused to log us in: .*Invalid username or password/, /Check KAFKA_SASL_MECHANISM/],
    },
    "a wrong password with SCRAM": {
      env: { ...scram, KAFKA_SASL_PASSWORD: WRONG_PASSWORD },
      code: 3,
      says: [/refused to log us in: .*invalid credentials/, /KAFKA_SASL_PASSWORD/],
    },
    "an unknown user": {
      env: { ...scram, KAFKA_SASL_USERNAME: "mallory" },
      code: 3,
      says: [/refused to log us in: .*invalid credentials/, /KAFKA_SASL_USERNAME/],
    },
    "a mechanism that the listener does not offer": {
      env: { ...scram, KAFKA_SASL_MECHANISM: "PLAIN" },
      code: 3,
      says: [/does not offer the login that KAFKA_SASL_MECHANISM names/, /enabled\.mechanisms/],
    },
    "AWS credentials that MSK refuses": {
      env: { ...ways.AWS_MSK_IAM, AWS_ACCESS_KEY_ID: "AKIAREFUSED" },
      code: 3,
      says: [
        /refused to log us in: MSK does not accept these AWS credentials: .*invalid_token/,
        /kafka-cluster:Connect/,
      ],
    },
    "MSK without AWS credentials": {
      env: { ...ways.AWS_MSK_IAM, AWS_ACCESS_KEY_ID: "", AWS_EC2_METADATA_DISABLED: "true" },
      code: 3,
      says: [/refused to log us in: there are no AWS credentials: /, /EC2 instance profile/],
    },
    "no TLS where TLS is wanted": {
      env: at(servers.tls),
      code: 3,
      says: [
        /requires TLS, but the request was sent without it/,
        /Set KAFKA_SECURITY_PROTOCOL to SSL,/,
      ],
    },
    "TLS where there is none": {
      env: { ...tls, ...at(servers.open) },
      code: 3,
      says: [
        /has no TLS, but the request was sent with it/,
        /KAFKA_SECURITY_PROTOCOL to PLAINTEXT/,
      ],
    },
    "no login where one is wanted": {
      env: at(servers.plain),
      code: 3,
      says: [/requires a login/, /Set KAFKA_SECURITY_PROTOCOL to SASL_PLAINTEXT, KAFKA_SASL_MECH/],
    },
    "no login where one is wanted, with TLS": {
      env: { ...tls, ...at(servers.scram) },
      code: 3,
      says: [/requires a login/, /Set KAFKA_SECURITY_PROTOCOL to SASL_SSL, KAFKA_SASL_MECHANISM/],
    },
    "a login where none is taken": {
      env: { ...plain, ...at(servers.open) },
      code: 3,
      says: [
        /accepts no login at this listener/,
        /Set KAFKA_SECURITY_PROTOCOL to SSL or PLAINTEXT/,
      ],
    },
    "a key without its certificate": {
      env: without(mutual, "KAFKA_SSL_CERT_FILE"),
      code: 2,
      says: [/KAFKA_SSL_KEY_FILE is set but KAFKA_SSL_CERT_FILE is not/, /needs both/],
    },
    "a certificate where a key belongs": {
      env: { ...mutual, KAFKA_SSL_KEY_FILE: client.cert },
      code: 2,
      says: [
        /KAFKA_SSL_KEY_FILE: .*expected a PEM file with -----BEGIN PRIVATE KEY/,
        /private key/,
      ],
    },
    "a file that is not there": {
      env: { ...tls, KAFKA_SSL_CA_FILE: "/no/such/file.pem" },
      code: 2,
      says: [/KAFKA_SSL_CA_FILE: \/no\/such\/file\.pem cannot be read/, /error/],
    },
    "files for TLS without TLS": {
      env: { ...tls, KAFKA_SECURITY_PROTOCOL: "PLAINTEXT" },
      code: 2,
      says: [/KAFKA_SECURITY_PROTOCOL is PLAINTEXT, without TLS/, /Set KAFKA_SECURITY_PROTOCOL/],
    },
    "a password without SASL": {
      env: { ...scram, KAFKA_SECURITY_PROTOCOL: "SSL" },
      code: 2,
      says: [/KAFKA_SECURITY_PROTOCOL is SSL, without a login/, /SASL_SSL/],
    },
    "SASL without a mechanism": {
      env: without(scram, "KAFKA_SASL_MECHANISM"),
      code: 2,
      says: [/KAFKA_SASL_MECHANISM is not set/, /expected one of PLAIN, SCRAM-SHA-256/],
    },
    "SASL without a password": {
      env: without(scram, "KAFKA_SASL_PASSWORD"),
      code: 2,
      says: [/KAFKA_SASL_PASSWORD is not set/, /KAFKA_SASL_PASSWORD_FILE/],
    },
    "MSK without TLS": {
      env: {
        ...ways.AWS_MSK_IAM,
        KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
        KAFKA_SSL_CA_FILE: "",
      },
      code: 2,
      says: [/AWS_MSK_IAM needs SASL_SSL, found SASL_PLAINTEXT/, /error/],
    },
    "MSK with a password": {
      env: { ...ways.AWS_MSK_IAM, KAFKA_SASL_PASSWORD: WRONG_PASSWORD },
      code: 2,
      says: [/logs in with AWS credentials, but KAFKA_SASL_USERNAME or KAFKA_SASL_PASSW/, /error/],
    },
    "MSK without a region": {
      env: { ...ways.AWS_MSK_IAM, AWS_REGION: "" },
      code: 2,
      says: [/needs the cluster's region, but AWS_REGION is not set/, /eu-central-1/],
    },
  };
}

/** Runs the program, makes sure that no secret is printed, and gives its exit code and what it wrote. */
async function ticklake(env: Env, ...args: string[]): Promise<TicklakeResult> {
  const result = await runTicklake(args, { env: { ...AWS, ...env } });
  const { stdout, stderr } = result;
  for (const secret of SECRETS) {
    assert.ok(!(stdout + stderr).includes(secret), `${secret} is in\n${stdout}\n${stderr}`);
  }
  return result;
}

/** Runs `produce` for five rows. */
function produce(env: Env, ...flags: string[]): Promise<TicklakeResult> {
  const topic = { KAFKA_TOPIC: uniqueName("secure") };
  return ticklake({ ...topic, ...env }, "produce", "--rate", "max", "-n", "5", ...flags);
}

serviceTest("Kafka's security, on a real broker", { needs: ["kafka"] }, async (t) => {
  const folder = Deno.makeTempDirSync({ prefix: "ticklake-secure-" });
  await using kafka = await startSecureKafka(folder);
  const ways = waysIn(kafka);

  for (const [name, env] of Object.entries(ways)) {
    await t.step(
      `${name}: rows go in and out, and the log tells no secret at any level`,
      async () => {
        const flags = ["--log-level", "debug", "--log-format", "json"];
        const topic = { KAFKA_TOPIC: uniqueName("secure"), KAFKA_GROUP_ID: uniqueName("group") };
        const sent = await produce({ ...env, ...topic }, ...flags);
        assert.equal(sent.code, 0, sent.stderr);
        const consume = ["consume", "--until-end", "--json", ...flags];
        const written = await ticklake({ ...env, ...topic }, ...consume);
        assert.equal(written.code, 0, written.stderr);
        assert.equal(JSON.parse(written.stdout).written, 5);
      },
    );
  }

  await t.step("a consumer and a producer log in too, by SCRAM", async () => {
    const broker = await openKafkaBroker(
      loadSettings({ flags: {}, environment: ways["SCRAM-SHA-512"] }).settings,
    );
    const topic = uniqueName("secure");
    await broker.ensureTopic(topic, { partitions: 2 });
    const producer = await broker.producer({ topic });
    await producer.send([{ key: "a", value: "1" }, { key: "b", value: "2" }]);
    const recorder = new Recorder({ broker, topic, group: uniqueName("group") });
    await recorder.hasReceived(2);
    await recorder.stop();
    await producer.close();
    await broker.close();
  });

  await t.step(
    "a login that runs out is repeated: nothing breaks off, nothing is lost",
    async () => {
      for (const [name, value] of Object.entries(AWS)) Deno.env.set(name, value);
      const { settings } = loadSettings({ flags: {}, environment: ways.AWS_MSK_IAM });
      const broker = await openKafkaBroker(settings);
      const topic = uniqueName("secure");
      await broker.ensureTopic(topic, { partitions: 1 });
      const producer = await broker.producer({ topic });
      const recorder = new Recorder({ broker, topic, group: uniqueName("group") });
      // A login holds for 12 seconds here; kafkajs repeats it 10 seconds before its end.
      const end = performance.now() + 8000;
      let sent = 0;
      while (performance.now() < end) {
        sent += await producer.send([{ key: null, value: String(sent) }]);
        await sleep(100);
      }
      await recorder.hasReceived(sent);
      const values = recorder.received.map(({ value }) => Number(value));
      assert.deepEqual(values, [...values.keys()]);
      assert.equal(recorder.assignments.length, 1, "the group was not left in between");
      await recorder.stop();
      await producer.close();
      await broker.close();
      for (const name of Object.keys(AWS)) Deno.env.delete(name);
    },
  );

  for (const [name, { env, code, says }] of Object.entries(refusals(kafka, ways))) {
    await t.step(`refused with exit code ${code} and the cause: ${name}`, async () => {
      const result = await produce(env);
      assert.match(result.stderr, says[0]);
      assert.match(result.stderr, says[1]);
      assert.equal(result.code, code, result.stderr);
    });
  }

  await t.step("the password may stand in a file, and is told no more than elsewhere", async () => {
    const file = `${folder}/password`;
    const env = { ...ways["SCRAM-SHA-256"], KAFKA_SASL_PASSWORD_FILE: file };
    delete (env as Env).KAFKA_SASL_PASSWORD;
    Deno.writeTextFileSync(file, SCRAM_PASSWORD + "\n");
    assert.equal((await produce(env, "--log-level", "debug")).code, 0);
    Deno.writeTextFileSync(file, WRONG_PASSWORD);
    assert.equal((await produce(env, "--log-level", "debug")).code, 3);
    Deno.removeSync(file);
    const { code, stderr } = await produce(env);
    assert.equal(code, 2);
    assert.match(stderr, /KAFKA_SASL_PASSWORD_FILE in the environment: \S+password cannot be read/);
  });

  await t.step("a password over an unencrypted connection is worth a warning", async () => {
    const { stderr } = await produce(ways.PLAIN);
    assert.match(stderr, /warning kafka: the password goes to Kafka unencrypted/);
  });

  await t.step("config shows the settings and not the password", async () => {
    for (const flags of [[], ["--json"]]) {
      const { code, stdout } = await runTicklake(["config", ...flags], {
        env: ways["SCRAM-SHA-512"],
      });
      assert.equal(code, 0);
      assert.match(stdout, /KAFKA_SASL_PASSWORD.*not shown/);
      assert.ok(!stdout.includes(SCRAM_PASSWORD));
      assert.ok(stdout.includes("SCRAM-SHA-512"));
    }
  });

  await kafka.stop();
  Deno.removeSync(folder, { recursive: true });
});
