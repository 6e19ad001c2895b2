import assert from "node:assert/strict";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { startS3Proxy } from "../ops/s3_proxy.ts";
import { freePort } from "../services/free_port.ts";
import {
  awsEnv,
  kafka,
  realS3Env,
  runTicklake,
  serviceTest,
  uniqueName,
} from "../services/services.ts";
import { smallDiskTest } from "../small_disk.ts";
import { quotes, withEmbedded } from "./consume_place.ts";

const S3 = { AWS_S3_BUCKET: "quotes", ...awsEnv() };

/** Longest time for a service that is not there, with room for a busy host; the promise is 15 s. */
const PATIENCE_MS = 45_000;

/** Makes sure that `consume` ends soon, with this exit code, this error and this fix. */
async function assertEnds(
  expected: { code: number; error: RegExp; fix: RegExp | null },
  env: Record<string, string>,
  ...args: string[]
): Promise<void> {
  const { code, stdout, stderr } = await runTicklake(["consume", ...args], {
    env,
    timeoutMs: PATIENCE_MS,
  });
  assert.equal(code, expected.code, stderr);
  assert.equal(stdout, "");
  const error = /^error: .*$/m.exec(stderr);
  assert.match(error?.[0] ?? "", expected.error, stderr);
  const fix = /\n {2}fix: .*$/m.exec(stderr);
  if (expected.fix === null) assert.equal(fix, null, stderr);
  else assert.match(fix?.[0] ?? "", expected.fix, stderr);
  // A failure is one error, not a stack.
  assert.doesNotMatch(stderr, /^\s+at /m);
}

const CREATES_IT = /`ticklake produce` creates it.*--topic/;

Deno.test("an unknown topic of the embedded log", () =>
  assertEnds({
    code: 3,
    error: /topic nowhere does not exist in the embedded log/,
    fix: CREATES_IT,
  }, {
    KAFKA_TOPIC: "nowhere",
  }));

serviceTest(
  "an unknown topic of Kafka",
  { needs: ["kafka"] },
  () =>
    assertEnds(
      { code: 3, error: /topic nowhere-\S+ does not exist in Kafka at /, fix: CREATES_IT },
      {
        KAFKA_BOOTSTRAP_SERVERS: kafka()!,
        KAFKA_TOPIC: uniqueName("nowhere"),
      },
    ),
);

Deno.test("an unknown topic with --until-end is no empty topic", () =>
  assertEnds(
    { code: 3, error: /topic nowhere does not exist/, fix: CREATES_IT },
    { KAFKA_TOPIC: "nowhere" },
    "--until-end",
  ));

Deno.test("a broker where nobody listens", () =>
  assertEnds(
    { code: 3, error: /Kafka at 127\.0\.0\.1:\d+ cannot be reached: .*REFUSED/, fix: /port/ },
    { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${freePort()}` },
  ));

Deno.test("a broker, and an S3 endpoint, that accepts connections and never answers", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr;
  // At once: the patience with each is twelve seconds.
  await Promise.all([
    assertEnds(
      {
        code: 3,
        error: /Kafka at 127\.0\.0\.1:\d+ accepts connections, but does not answer like a Kafka/,
        fix: /Check the port/,
      },
      { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}` },
    ),
    assertEnds(
      { code: 3, error: /no answer from http:\S+ in time/, fix: /the network, the security group/ },
      { ...S3, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    ),
  ]);
});

Deno.test("a broker whose name has no address", () =>
  assertEnds({ code: 3, error: /Kafka at broker\.invalid:9092 cannot be reached: /, fix: /./ }, {
    KAFKA_BOOTSTRAP_SERVERS: "broker.invalid:9092",
  }));

Deno.test("an S3 endpoint where nobody listens", () =>
  assertEnds(
    {
      code: 3,
      error:
        /cannot write s3:\/\/quotes\/ticklake\/\.check: http:\/\/127\.0\.0\.1:\d+ refuses connections/,
      fix: /AWS_ENDPOINT_URL/,
    },
    { ...S3, AWS_ENDPOINT_URL: `http://127.0.0.1:${freePort()}` },
  ));

for (
  const [name, need, env] of [
    ["versitygw", "real-s3", realS3Env()],
    ["moto", "aws", awsEnv()],
  ] as const
) {
  serviceTest(`a bucket that does not exist (${name})`, { needs: [need] }, () =>
    assertEnds(
      { code: 3, error: /bucket missing-\S+ does not exist/, fix: /aws s3 mb s3:\/\/missing-/ },
      { ...env, AWS_S3_BUCKET: uniqueName("missing") },
    ));
}

serviceTest("credentials that are refused", { needs: ["real-s3"] }, async () => {
  const env = { ...realS3Env(), AWS_S3_BUCKET: await withEnv(realS3Env(), newBucket) };
  await assertEnds(
    {
      code: 3,
      error: /the secret key does not match the access key/,
      fix: /AWS_SECRET_ACCESS_KEY/,
    },
    { ...env, AWS_SECRET_ACCESS_KEY: "wrong" },
  );
  await assertEnds(
    { code: 3, error: /no AWS credentials were found/, fix: /Attach a role to the host/ },
    { ...env, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
  );
});

serviceTest("a bucket that may not be written", { needs: ["aws"] }, async () => {
  const env: Record<string, string> = {
    ...awsEnv(),
    AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket),
  };
  await using proxy = startS3Proxy(env.AWS_ENDPOINT_URL, {
    answer: ({ method }) =>
      method === "PUT"
        ? new Response("<Error><Code>AccessDenied</Code><Message>no</Message></Error>", {
          status: 403,
          headers: { "content-type": "application/xml" },
        })
        : undefined,
  });
  await assertEnds(
    { code: 3, error: /cannot write s3:\S+: access denied/, fix: /Grant s3:PutObject/ },
    { ...env, AWS_ENDPOINT_URL: proxy.url },
  );
});

Deno.test("no region", () =>
  assertEnds({ code: 3, error: /no AWS region is set/, fix: /Set AWS_REGION/ }, {
    ...S3,
    AWS_REGION: "",
  }));

Deno.test("a home whose path is a file", async () => {
  const file = await Deno.makeTempFile();
  await assertEnds(
    { code: 1, error: /cannot write in \S+\/lake: a part of the path is a file/, fix: /--home/ },
    { TICKLAKE_HOME: file },
  );
  await Deno.remove(file);
});

smallDiskTest("a home on a read-only file system", 2 ** 20, async (disk) => {
  disk.setReadOnly(true);
  await assertEnds(
    { code: 3, error: /cannot write in \S+: the file system is read-only/, fix: /--home/ },
    { TICKLAKE_HOME: `${disk.path}/home` },
  );
});

smallDiskTest(
  "a disk that becomes full loses nothing, and goes on when there is room",
  4 * 2 ** 20,
  async (disk) => {
    await withEmbedded(async (place) => {
      await place.send(quotes(1000));
      const home = `${place.cwd}/.ticklake`;
      await Deno.rename(home, `${home}-log`);
      await Deno.mkdir(home);
      await Deno.rename(`${home}-log/log.sqlite`, `${home}/log.sqlite`);
      using _ = disk.mountedAt(`${home}/lake`);
      await Deno.writeFile(`${disk.path}/filler`, new Uint8Array(4 * 2 ** 20 - 24 * 2 ** 10));
      await using consuming = place.start("--flush-rows", "100", "--flush-interval", "100ms");
      await consuming.waitFor(/(put|take) failed, retrying: .*the disk is full/);
      await Deno.remove(`${disk.path}/filler`);
      await consuming.waitFor(/ready again/);
      const { code, stderr } = await consuming.stop();
      assert.equal(code, 0, stderr);
      assert.equal((await place.count()).missing, 0);
    });
  },
);

const WRONG: Array<[args: string[], error: RegExp, fix: RegExp | null]> = [
  [["--format", "avro"], /--format: expected one of parquet, jsonl, found "avro"/, null],
  [["--partition-by", "indx"], /--partition-by indx: unknown field "indx"/, /Use dt, hour, index,/],
  [["--partition-by", "dt,dt"], /dt is given twice/, /each field once/],
  [
    ["--partition-by", "close"],
    /close is a double, which would make one folder per row/,
    /few distinct/,
  ],
  [["--partition-by", "year(index)"], /year\(index\) needs a date, index is a string/, /of a date/],
  [["--flush-rows", "0"], /--flush-rows: expected a whole number, 1 or more, found "0"/, null],
  [["--from", "begin"], /--from: expected one of earliest, latest, found "begin"/, null],
  [["--sse-kms-key-id", "k"], /a KMS key is set .* but TICKLAKE_S3_SSE is not set/, /aws:kms/],
  [["--metrics", "localhost"], /--metrics: expected HOST:PORT, :PORT or PORT/, null],
  [["--schema", "/no/such.json"], /\/no\/such\.json/, /./],
];

for (const [args, error, fix] of WRONG) {
  Deno.test(`wrong settings, whatever the services are: consume ${args.join(" ")}`, () =>
    // Neither of these is there: what the user wrote is looked at first.
    assertEnds({ code: 2, error, fix }, {
      ...S3,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${freePort()}`,
      KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${freePort()}`,
    }, ...args));
}

Deno.test("wrong settings leave topic, group and lake as they were", () =>
  withEmbedded(async (place) => {
    await place.send(quotes(3));
    const { code, stderr } = await place.run("--until-end", "--partition-by", "nothing");
    assert.equal(code, 2, stderr);
    assert.deepEqual(await place.committed(), []);
    assert.deepEqual(await place.objects(), []);
  }));
