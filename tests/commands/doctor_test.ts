import assert from "node:assert/strict";
import {
  AthenaClient,
  CreateWorkGroupCommand,
  type WorkGroupConfiguration,
} from "@aws-sdk/client-athena";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { requestHandler } from "../../mod/aws/request_handler.ts";
import { openEmbeddedBroker } from "../../mod/broker/embedded/embedded_broker.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { startS3Proxy } from "../ops/s3_proxy.ts";
import { freePort } from "../services/free_port.ts";
import { type Kafka, startKafka } from "../services/kafka/kafka.ts";
import { PLAIN_PASSWORD, startSecureKafka, USER } from "../services/kafka/secure_kafka.ts";
import {
  awsEnv,
  kafka,
  realS3Env,
  runTicklake,
  serviceTest,
  uniqueName,
} from "../services/services.ts";

interface Finding {
  check: string;
  status: "ok" | "warning" | "failed" | "skipped";
  detail: string;
  fix?: string;
}

interface Diagnosis {
  code: number;
  stderr: string;
  findings: Finding[];
  /** The finding of a check, the worst where there are several. */
  of(check: string): Finding;
}

type Env = Record<string, string>;

async function doctor(env: Env, cwd?: string, ...flags: string[]): Promise<Diagnosis> {
  const { code, stdout, stderr } = await runTicklake(["doctor", "--json", ...flags], { env, cwd });
  assert.notEqual(stdout, "", stderr);
  const { findings, exitCode } = JSON.parse(stdout) as { findings: Finding[]; exitCode: number };
  assert.equal(code, exitCode);
  return {
    code,
    stderr,
    findings,
    of(check) {
      const found = findings.filter((finding) => finding.check === check);
      assert.notEqual(found.length, 0, `no ${check} in ${JSON.stringify(findings, null, 1)}`);
      const worst = ["failed", "warning", "skipped", "ok"];
      return found.sort((a, b) => worst.indexOf(a.status) - worst.indexOf(b.status))[0];
    },
  };
}

/** Makes sure that a check failed with these words, and that the exit code says what kind it is. */
function assertFailed(
  diagnosis: Diagnosis,
  check: string,
  detail: RegExp,
  fix: RegExp,
  code: 2 | 3 = 3,
): void {
  const finding = diagnosis.of(check);
  assert.equal(finding.status, "failed", JSON.stringify(finding));
  assert.match(finding.detail, detail);
  assert.match(finding.fix ?? "", fix);
  assert.equal(diagnosis.code, code);
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-doctor-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("with nothing set up, the embedded parts are looked at and all is well", () =>
  withFolder(async (folder) => {
    const { code, findings, of } = await doctor({}, folder);
    assert.equal(code, 0);
    assert.deepEqual(findings.filter(({ status }) => status !== "ok"), []);
    assert.equal(of("broker").detail, "the embedded log, as KAFKA_BOOTSTRAP_SERVERS is not set");
    assert.equal(of("lake").detail, "the directory .ticklake/lake, as AWS_S3_BUCKET is not set");
    assert.match(of("embedded log").detail, /\.ticklake\/log\.sqlite is created when it is needed/);
    assert.match(of("free space").detail, /GiB free/);
    assert.deepEqual([...Deno.readDirSync(folder)], [], "looking leaves nothing behind");
  }));

Deno.test("for people it is a line each, with the fix below", () =>
  withFolder(async (folder) => {
    const { code, stdout } = await runTicklake(["doctor", "--bootstrap-servers", "b.invalid:1"], {
      cwd: folder,
    });
    assert.equal(code, 3);
    assert.match(stdout, /^ok {7}settings {13}1 given, no \.env$/m);
    assert.match(
      stdout,
      /^FAILED {3}Kafka DNS {12}Kafka at b\.invalid:1 cannot be found: .*\n {9}fix: /m,
    );
    assert.match(stdout, /^\d+ checks, 1 failed, 0 with a warning$/m);
  }));

Deno.test("names that are no settings, and secrets that others can read, are warned of", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.env`, "KAFKA_SASL_PASSWORD=x\nKAFKA_TOPICS=t\n");
    await Deno.chmod(`${folder}/.env`, 0o644);
    const { findings, stderr } = await doctor({}, folder);
    assert.equal(stderr, "", "each is reported once");
    const warned = findings.filter(({ status }) => status === "warning").map(({ detail }) =>
      detail
    );
    assert.equal(warned.length, 2);
    assert.match(
      warned.join("\n"),
      /KAFKA_TOPICS in \.env is not a setting; did you mean KAFKA_TOPIC/,
    );
    assert.match(
      warned.join("\n"),
      /\.env holds secrets and other users can read it; run `chmod 600/,
    );
  }));

Deno.test("a schema that cannot be read is wrong settings", async () => {
  const diagnosis = await doctor({ TICKLAKE_SCHEMA: "/no/such/schema.json" });
  assertFailed(diagnosis, "schema", /\/no\/such\/schema\.json/, /./, 2);
});

Deno.test("a directory that cannot be written is named", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const diagnosis = await doctor({ TICKLAKE_HOME: `${folder}/file/home` });
    assertFailed(diagnosis, "directory", /file\S* cannot be written: /, /--home/);
  }));

Deno.test("a damaged log is found, and a file that is something else", () =>
  withFolder(async (home) => {
    const path = `${home}/log.sqlite`;
    const broker = await openEmbeddedBroker(path);
    await broker.ensureTopic("t", { partitions: 1 });
    const producer = await broker.producer({ topic: "t" });
    await producer.send(
      Array.from({ length: 20_000 }, (_, i) => ({ key: null, value: `${i} ${"x".repeat(50)}` })),
    );
    await producer.close();
    await broker.close();
    assert.equal((await doctor({ TICKLAKE_HOME: home })).of("embedded log").status, "ok");

    const file = await Deno.open(path, { write: true });
    const { size } = await file.stat();
    await file.seek(Math.floor(size / 2), Deno.SeekMode.Start);
    await file.write(crypto.getRandomValues(new Uint8Array(32 * 1024)));
    file.close();
    assertFailed(
      await doctor({ TICKLAKE_HOME: home }),
      "embedded log",
      /log\.sqlite is damaged/,
      /repair --log/,
    );

    await Deno.writeTextFile(path, "this is no database, but it is long enough to be looked at");
    assertFailed(
      await doctor({ TICKLAKE_HOME: home }),
      "embedded log",
      /log\.sqlite is damaged: file is not a database/,
      /repair --log/,
    );
  }));

Deno.test("a broker's host that does not exist is a matter of DNS", async () => {
  const diagnosis = await doctor({ KAFKA_BOOTSTRAP_SERVERS: "broker.invalid:9092" });
  assertFailed(diagnosis, "Kafka DNS", /broker\.invalid:9092 cannot be found/, /getent hosts/);
  assert.equal(diagnosis.of("Kafka brokers").status, "skipped");
});

Deno.test("a port where nobody listens is a matter of TCP", async () => {
  const diagnosis = await doctor({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${freePort()}` });
  assertFailed(diagnosis, "Kafka TCP", /cannot be reached: .*refused/, /security group/);
});

Deno.test("a port of another program is named as such", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(),
  );
  const diagnosis = await doctor({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${server.addr.port}` });
  assertFailed(diagnosis, "Kafka answer", /does not answer like Kafka/, /Check the port/);
});

Deno.test("settings of Kafka that contradict each other are wrong settings", async () => {
  const diagnosis = await doctor({
    KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1",
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
  });
  assertFailed(diagnosis, "Kafka settings", /KAFKA_SASL_MECHANISM is not set/, /^$/, 2);
});

serviceTest("a Kafka that works is ok; a topic that is missing is a warning", {
  needs: ["kafka"],
}, async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: kafka()!, KAFKA_TOPIC: uniqueName("doctor") };
  const before = await doctor(env);
  assert.equal(before.code, 0);
  assert.equal(before.of("topic").status, "warning");
  assert.match(before.of("topic").fix!, /ticklake produce/);
  const sent = await runTicklake(["produce", "--rate", "max", "-n", "7"], { env });
  assert.equal(sent.code, 0, sent.stderr);
  const after = await doctor(env);
  assert.equal(after.code, 0);
  assert.match(after.of("topic").detail, /has 4 partitions, with 7 messages in all/);
  assert.match(
    after.of("advertised listener").detail,
    /broker 1 is advertised as \S+ and answers there/,
  );
  assert.match(after.of("consumer group").detail, /ticklake has committed nothing yet/);
});

serviceTest("a bootstrap server that is away is a warning while another answers", {
  needs: ["kafka"],
}, async () => {
  const servers = `127.0.0.1:${freePort()},${kafka()}`;
  const { code, of } = await doctor({ KAFKA_BOOTSTRAP_SERVERS: servers });
  assert.equal(code, 0);
  assert.equal(of("Kafka TCP").status, "warning");
});

serviceTest("the classic: bootstrap answers, the advertised listener does not", {
  needs: ["kafka"],
}, () =>
  withFolder(async (folder) => {
    const closed = freePort();
    const listener = (name: string, advertised?: string) => ({
      name,
      protocol: "PLAINTEXT" as const,
      port: freePort(),
      advertised,
    });
    const listeners = [
      listener("INNER"),
      listener("CLOSED", `127.0.0.1:${closed}`),
      listener("INTERNAL", "ip-10-0-0-7.ec2.invalid:9092"),
    ];
    await using _: Kafka = await startKafka({ folder: `${folder}/kafka`, listeners });
    const [, { port: first }, { port: second }] = listeners;
    assertFailed(
      await doctor({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${first}` }),
      "advertised listener",
      new RegExp(
        `bootstrap server 127.0.0.1:${first} answers, but it advertises broker 1 as ` +
          `127.0.0.1:${closed}, and that cannot be reached: .*refused`,
      ),
      new RegExp(`Set advertised\\.listeners of broker 1 .* open port ${closed}`),
    );
    // The commands that do the work say the same.
    for (const command of [["consume", "--until-end"], ["produce", "-n", "1"]]) {
      const { code, stderr } = await runTicklake(command, {
        env: { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${first}` },
      });
      assert.equal(code, 3, stderr);
      assert.match(
        stderr,
        new RegExp(
          `Kafka at 127\\.0\\.0\\.1:${first} answered, but its brokers are advertised as ` +
            `127\\.0\\.0\\.1:${closed}, which cannot be reached: .*\\n {2}fix: Set advertised\\.listeners`,
        ),
      );
    }
    const diagnosis = await doctor({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${second}` });
    assertFailed(
      diagnosis,
      "advertised listener",
      /advertises broker 1 as ip-10-0-0-7\.ec2\.invalid:9092, and that cannot be found/,
      /the private DNS name inside the VPC/,
    );
    assert.equal(diagnosis.of("topic").status, "skipped");
  }));

serviceTest(
  "TLS and login are looked at one after the other",
  { needs: ["kafka"] },
  () =>
    withFolder(async (folder) => {
      await using broker = await startSecureKafka(folder);
      const { servers, authority, stranger } = broker;
      const tls = { KAFKA_SECURITY_PROTOCOL: "SSL", KAFKA_BOOTSTRAP_SERVERS: servers.tls };
      const good = await doctor({ ...tls, KAFKA_SSL_CA_FILE: authority.cert });
      assert.equal(good.code, 0);
      assert.equal(good.of("Kafka TLS").status, "ok");
      assertFailed(
        await doctor({ ...tls, KAFKA_SSL_CA_FILE: stranger.cert }),
        "Kafka TLS",
        /authority that is not trusted/,
        /KAFKA_SSL_CA_FILE/,
      );
      assertFailed(
        await doctor({ KAFKA_BOOTSTRAP_SERVERS: servers.tls }),
        "Kafka TLS",
        /requires TLS, but the request was sent without it/,
        /KAFKA_SECURITY_PROTOCOL to SSL/,
      );
      assertFailed(
        await doctor({ KAFKA_BOOTSTRAP_SERVERS: servers.plain }),
        "Kafka login",
        /requires a login/,
        /SASL_PLAINTEXT/,
      );
      const login = {
        KAFKA_BOOTSTRAP_SERVERS: servers.plain,
        KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
        KAFKA_SASL_MECHANISM: "PLAIN",
        KAFKA_SASL_USERNAME: USER,
      };
      const accepted = await doctor({ ...login, KAFKA_SASL_PASSWORD: PLAIN_PASSWORD });
      assert.equal(accepted.code, 0);
      assert.equal(accepted.of("Kafka login").detail, "accepted");
      const refused = await doctor({ ...login, KAFKA_SASL_PASSWORD: "not-the-pa55word" });
      assertFailed(refused, "Kafka login", /refused to log us in/, /KAFKA_SASL_PASSWORD/);
      for (const { findings } of [accepted, refused]) {
        assert.doesNotMatch(JSON.stringify(findings), /pa55word/);
      }
    }),
);

Deno.test("a region that is not set is wrong settings", async () => {
  const diagnosis = await doctor({ AWS_S3_BUCKET: "b", AWS_EC2_METADATA_DISABLED: "true" });
  assertFailed(diagnosis, "AWS region", /no AWS region is set/, /Set AWS_REGION/, 2);
});

Deno.test("an endpoint that is away, or no URL", async () => {
  const env = { ...awsEnv(), AWS_S3_BUCKET: "b" };
  const away = `http://127.0.0.1:${freePort()}`;
  assertFailed(
    await doctor({ ...env, AWS_ENDPOINT_URL: away }),
    "S3 endpoint",
    new RegExp(`${away} cannot be reached: .*refused`),
    /AWS_ENDPOINT_URL/,
  );
  assertFailed(
    await doctor({ ...env, AWS_ENDPOINT_URL: "s3.example" }),
    "S3 endpoint",
    /s3\.example is not a URL/,
    /http\(s\):\/\/HOST/,
    2,
  );
});

serviceTest("no credentials, and wrong ones", { needs: ["real-s3"] }, async () => {
  const env = { ...realS3Env(), AWS_S3_BUCKET: await withEnv(realS3Env(), newBucket) };
  const good = await doctor(env);
  assert.equal(good.code, 0, JSON.stringify(good.findings));
  assert.equal(good.of("AWS identity").status, "skipped");
  assert.match(good.of("write permission").detail, /objects can be written to s3:\/\//);
  assertFailed(
    await doctor({ ...env, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }),
    "AWS identity",
    /no AWS credentials were found/,
    /Attach a role/,
  );
  assertFailed(
    await doctor({ ...env, AWS_SECRET_ACCESS_KEY: "wrong-5ecret" }),
    "AWS identity",
    /the secret key does not match the access key/,
    /AWS_SECRET_ACCESS_KEY/,
  );
  assertFailed(
    await doctor({ ...env, AWS_ACCESS_KEY_ID: "AKIANOBODY" }),
    "AWS identity",
    /the access key is unknown/,
    /AWS_PROFILE/,
  );
});

serviceTest("a bucket that is missing, and one in another region", { needs: ["aws"] }, async () => {
  const env = awsEnv();
  assertFailed(
    await doctor({ ...env, AWS_S3_BUCKET: uniqueName("missing") }),
    "bucket",
    /does not exist/,
    /aws s3 mb s3:\/\/missing/,
  );
  const bucket = uniqueName("ireland");
  await withEnv({ ...env, AWS_REGION: "eu-west-1" }, async () => {
    const { handler, close } = requestHandler();
    const client = new S3Client({ forcePathStyle: true, requestHandler: handler });
    await client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    client.destroy();
    close();
  });
  assertFailed(
    await doctor({ ...env, AWS_S3_BUCKET: bucket }),
    "bucket",
    /is in eu-west-1, but the configured region is us-east-1/,
    /Set AWS_REGION to eu-west-1/,
    2,
  );
  assert.equal((await doctor({ ...env, AWS_REGION: "eu-west-1", AWS_S3_BUCKET: bucket })).code, 0);
});

serviceTest("a bucket whose region AWS tells by sending us away", { needs: ["aws"] }, async () => {
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: "elsewhere" };
  await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, {
    answer: ({ url }) =>
      new URL(url).pathname.startsWith("/elsewhere")
        ? new Response(null, { status: 301, headers: { "x-amz-bucket-region": "ap-south-1" } })
        : undefined,
  });
  assertFailed(
    await doctor({ ...env, AWS_ENDPOINT_URL: proxy.url }),
    "bucket",
    /elsewhere is in ap-south-1/,
    /Set AWS_REGION to ap-south-1/,
    2,
  );
});

serviceTest("a bucket that may be read and not written", { needs: ["aws"] }, async () => {
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket) };
  const answer = refusing(env.AWS_S3_BUCKET, ["PUT"]);
  await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, { answer });
  const diagnosis = await doctor({ ...env, AWS_ENDPOINT_URL: proxy.url });
  assert.equal(diagnosis.of("bucket").status, "ok");
  assertFailed(diagnosis, "write permission", /access denied/, /Grant s3:PutObject/);
});

const DENIED = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";

/** Refuses requests for a bucket, those with these methods. */
function refusing(bucket: string, methods: string[]) {
  return ({ method, url }: Request) =>
    new URL(url).pathname.startsWith(`/${bucket}`) && methods.includes(method)
      ? new Response(method === "HEAD" ? null : DENIED, {
        status: 403,
        headers: { "content-type": "application/xml" },
      })
      : undefined;
}

serviceTest("a bucket that is someone else's", { needs: ["aws"] }, async () => {
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket) };
  const answer = refusing(env.AWS_S3_BUCKET, ["HEAD", "GET", "PUT"]);
  await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, { answer });
  const diagnosis = await doctor({ ...env, AWS_ENDPOINT_URL: proxy.url });
  assertFailed(diagnosis, "write permission", /access denied/, /Grant s3:PutObject/);
});

serviceTest("the least policies, which let only the lake be listed, are enough", {
  needs: ["aws"],
}, async () => {
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket) };
  const deny = refusing(env.AWS_S3_BUCKET, ["HEAD", "GET"]);
  await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, {
    answer: (request) =>
      new URL(request.url).searchParams.get("prefix") === "ticklake/" ? undefined : deny(request),
  });
  const { code, of } = await doctor({ ...env, AWS_ENDPOINT_URL: proxy.url });
  assert.equal(code, 0);
  assert.equal(of("bucket").status, "ok");
});

serviceTest("that the bucket may be written and not listed is a warning", {
  needs: ["aws"],
}, async () => {
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket) };
  const answer = refusing(env.AWS_S3_BUCKET, ["HEAD", "GET"]);
  await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, { answer });
  const { code, of } = await doctor({ ...env, AWS_ENDPOINT_URL: proxy.url });
  assert.equal(code, 0);
  assert.equal(of("bucket").status, "warning");
  assert.match(of("bucket").fix!, /Grant s3:ListBucket/);
  assert.equal(of("write permission").status, "ok");
});

serviceTest("a clock that is off is told by how much", { needs: ["aws"] }, async () => {
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket) };
  for (
    const [minutes, status, code, words] of [
      [0, "ok", 0, /agrees with/],
      [3, "warning", 0, /3 minutes behind/],
      [-45, "failed", 3, /45 minutes ahead of .*; AWS refuses requests/],
    ] as const
  ) {
    await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, { clockOffMs: minutes * 60_000 });
    const diagnosis = await doctor({ ...env, AWS_ENDPOINT_URL: proxy.url });
    const clock = diagnosis.of("clock");
    assert.equal(clock.status, status);
    assert.match(clock.detail, words);
    if (status !== "ok") assert.match(clock.fix!, /timedatectl set-ntp true/);
    assert.equal(diagnosis.code, code);
  }
});

serviceTest("the crawler's role: missing, without Glue's trust, and as it should be", {
  needs: ["aws"],
}, async () => {
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket) };
  const trust = (service: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }],
    });
  const createRole = (service: string) =>
    withEnv(env, async () => {
      const { handler, close } = requestHandler();
      const client = new IAMClient({ requestHandler: handler });
      const name = uniqueName("role");
      await client.send(
        new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust(service) }),
      );
      client.destroy();
      close();
      return name;
    });
  assertFailed(
    await doctor({ ...env, TICKLAKE_GLUE_ROLE: uniqueName("none") }),
    "role",
    /none-\S+ does not exist/,
    /--create-role/,
  );
  assertFailed(
    await doctor({ ...env, TICKLAKE_GLUE_ROLE: await createRole("ec2.amazonaws.com") }),
    "role",
    /its trust policy does not let Glue assume it/,
    /glue\.amazonaws\.com/,
  );
  const role = await createRole("glue.amazonaws.com");
  const good = await doctor({
    ...env,
    TICKLAKE_GLUE_ROLE: `arn:aws:iam::123456789012:role/${role}`,
  });
  assert.equal(good.code, 0);
  assert.match(good.of("role").detail, new RegExp(`${role} exists, and Glue may`));
});

serviceTest("the region of an S3 server that is not AWS's is named with the fix", {
  needs: ["real-s3"],
}, async () => {
  const env = { ...realS3Env(), AWS_REGION: "eu-central-1", AWS_S3_BUCKET: uniqueName("region") };
  assertFailed(
    await doctor(env),
    "AWS region",
    /is in region us-east-1, but another one is configured/,
    /Set AWS_REGION to us-east-1/,
    2,
  );
});

serviceTest(
  "what Athena needs is looked at: database, table, workgroup, and whether the table is of this lake",
  { needs: ["aws"] },
  async () => {
    const database = uniqueName("catalog").replaceAll("-", "_");
    const aws = awsEnv();
    const bucket = await withEnv(aws, newBucket);
    const env: Env = { ...aws, AWS_S3_BUCKET: bucket, TICKLAKE_DATABASE: database };
    const before = await doctor(env);
    assert.equal(before.of("Glue database").status, "warning");
    assert.match(before.of("Glue database").fix!, /ticklake setup-catalog/);
    assert.match(before.of("Athena workgroup").detail, /^primary exists$/);
    assert.match(before.of("Athena results").detail, /primary has no result location/);
    assert.equal(before.code, 0, "what is not set up yet is no failure");

    const setUp = await runTicklake(["setup-catalog", "--projection"], { env });
    assert.equal(setUp.code, 0, setUp.stderr);
    const after = await doctor(env);
    assert.equal(after.of("Glue database").detail, `${database} exists`);
    assert.match(after.of("Glue table").detail, /^index_quotes is at s3:.*, with all columns$/);
    assert.equal(after.code, 0);

    const other = await doctor({ ...env, TICKLAKE_PREFIX: "elsewhere" });
    assertFailed(other, "Glue table", /index_quotes is at s3:.*but the lake is at/, /PREFIX/, 2);
    const workgroup = await doctor({ ...env, TICKLAKE_WORKGROUP: "nosuch" });
    assert.equal(workgroup.of("Athena workgroup").status, "failed");
    assert.match(workgroup.of("Athena workgroup").fix!, /TICKLAKE_WORKGROUP/);
  },
);

/** Creates a workgroup of Athena and gives its name. */
function newWorkgroup(env: Env, Configuration: WorkGroupConfiguration): Promise<string> {
  return withEnv(env, async () => {
    const { handler, close } = requestHandler();
    const client = new AthenaClient({ requestHandler: handler });
    const Name = uniqueName("workgroup");
    await client.send(new CreateWorkGroupCommand({ Name, Configuration }));
    client.destroy();
    close();
    return Name;
  });
}

serviceTest("where Athena's results go: the workgroup's location, ours, or next to the lake", {
  needs: ["aws"],
}, async () => {
  const [bucket, other] = await withEnv(awsEnv(), async () => [
    await newBucket(),
    await newBucket(),
  ]);
  const env: Env = { ...awsEnv(), AWS_S3_BUCKET: bucket };
  const [own, ours, none] = [`s3://${other}/own/`, `s3://${other}/ours/`, "s3://no-such-place/a/"];
  const at = (OutputLocation: string | undefined, enforced: boolean) =>
    newWorkgroup(env, {
      ResultConfiguration: { OutputLocation },
      EnforceWorkGroupConfiguration: enforced,
    });
  const [free, enforced, nowhere, lost] = [
    await at(own, false),
    await at(own, true),
    await at(undefined, false),
    await at(none, true),
  ];
  const managed = await newWorkgroup(env, { ManagedQueryResultsConfiguration: { Enabled: true } });
  const look = async (workgroup: string, output?: string) => {
    const diagnosis = await doctor({
      ...env,
      TICKLAKE_WORKGROUP: workgroup,
      ...output !== undefined && { TICKLAKE_ATHENA_OUTPUT: output },
    });
    return { ...diagnosis, workgroup: diagnosis.of("Athena workgroup") };
  };

  for (
    const [workgroup, output, place] of [
      [free, undefined, own],
      [free, ours, ours],
      [enforced, undefined, own],
      [nowhere, ours, ours],
      [nowhere, `s3://${bucket}/results/`, `s3://${bucket}/results/`],
    ] as const
  ) {
    const { code, workgroup: { status, detail }, of } = await look(workgroup, output);
    assert.deepEqual([code, status, detail], [0, "ok", `${workgroup} exists`]);
    assert.deepEqual(of("Athena results").detail, `go to ${place}`);
  }
  const alone = await look(nowhere);
  assert.match(alone.of("Athena results").detail, /no result location: they go next to the lake/);

  const useless = await look(enforced, ours);
  assert.equal(useless.workgroup.status, "warning");
  assert.match(useless.workgroup.detail, /enforces it: TICKLAKE_ATHENA_OUTPUT has no effect/);
  assert.equal(useless.of("Athena results").detail, `go to ${own}`, "where they go all the same");

  assert.match((await look(managed)).workgroup.detail, /has managed query results$/);
  assert.equal((await look(managed, ours)).workgroup.status, "warning");

  assertFailed(await look(lost), "Athena results", /but no-such-place does not exist/, /s3 mb/, 2);
  assertFailed(await look(nowhere, none), "Athena results", /does not exist/, /ATHENA_OUTPUT/, 2);
});

serviceTest(
  "a workgroup that is disabled or may not be read, results in another region or out of sight",
  { needs: ["aws"] },
  async () => {
    const [bucket, other] = await withEnv(awsEnv(), async () => [
      await newBucket(),
      await newBucket(),
    ]);
    const env: Env = {
      ...awsEnv(),
      AWS_S3_BUCKET: bucket,
      TICKLAKE_ATHENA_OUTPUT: `s3://${other}/ours/`,
    };
    const asked = async (answer: (request: Request) => Response | undefined) => {
      await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, { answer });
      return await doctor({ ...env, AWS_ENDPOINT_URL: proxy.url });
    };
    const ofAthena = (status: number, body: unknown) => ({ headers }: Request) =>
      headers.get("x-amz-target") === "AmazonAthena.GetWorkGroup"
        ? Response.json(body, { status })
        : undefined;
    assertFailed(
      await asked(ofAthena(200, { WorkGroup: { Name: "primary", State: "DISABLED" } })),
      "Athena workgroup",
      /^primary is disabled$/,
      /TICKLAKE_WORKGROUP/,
    );
    const denied = await asked(
      ofAthena(400, { __type: "AccessDeniedException", Message: "not authorized" }),
    );
    assert.equal(denied.code, 0, "not every command needs it");
    assert.equal(denied.of("Athena workgroup").status, "warning");
    assert.match(denied.of("Athena workgroup").fix!, /athena:GetWorkGroup/);

    const ofResults = (status: number, headers = {}) => ({ method, url }: Request) =>
      method === "HEAD" && new URL(url).pathname.startsWith(`/${other}`)
        ? new Response(null, { status, headers })
        : undefined;
    assertFailed(
      await asked(ofResults(301, { "x-amz-bucket-region": "ap-south-1" })),
      "Athena results",
      /is in ap-south-1, but Athena runs in /,
      /a bucket of this region/,
      2,
    );
    const hidden = await asked(ofResults(403));
    assert.equal(hidden.of("Athena results").status, "ok");
    assert.match(hidden.of("Athena results").detail, /could not be checked: access denied/);
    const misspelt = await doctor({ ...env, TICKLAKE_ATHENA_OUTPUT: other });
    assertFailed(misspelt, "Athena results", /is not an S3 location/, /s3:\/\/BUCKET\/PATH/, 2);
  },
);
