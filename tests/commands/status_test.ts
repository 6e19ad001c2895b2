import assert from "node:assert/strict";
import { Home, putRows, quote } from "../catalog/quotes_lake.ts";
import { freePort } from "../services/free_port.ts";
import {
  awsEnv,
  python,
  realS3Env,
  runTicklake,
  serviceTest,
  uniqueName,
} from "../services/services.ts";
import { quotes, withEmbedded } from "./consume_place.ts";

const PYTHON = `
import boto3, sys
boto3.client("s3", endpoint_url=sys.argv[1]).create_bucket(Bucket=sys.argv[2])`;

interface Status {
  partitions: Array<{ partition: number; high: number; committed: number | null; lag: number }>;
  lake: { objects: number; offsets: number; rows: number; rejected: number };
  crawler?: { name: string; state: string | null };
  cost?: { putRequests: number; priceDate: string };
}

async function status(
  words: string[],
  env: Record<string, string> = {},
): Promise<Status> {
  const { code, stdout, stderr } = await runTicklake(["status", "--json", ...words], { env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("status tells offsets, lag and the lake of the embedded parts", async () => {
  const home = await Deno.makeTempDir({ prefix: "ticklake-status-" });
  const own = ["--home", home];
  const produce = ["produce", ...own, "--mode", "replay", "--rate", "max", "-n", "300"];
  try {
    await runTicklake(produce);
    const before = await status(own);
    assert.equal(before.partitions.reduce((sum, { lag }) => sum + lag, 0), 300);
    assert.ok(before.partitions.every(({ committed }) => committed === null));
    assert.equal(before.lake.objects, 0);
    await runTicklake(["consume", ...own, "--until-end"]);
    await runTicklake(produce);
    const after = await status(own);
    assert.equal(after.partitions.reduce((sum, { lag }) => sum + lag, 0), 300);
    assert.equal(after.lake.offsets, 300);
    assert.equal(after.cost, undefined);
    const text = await runTicklake(["status", ...own]);
    assert.match(text.stdout, /^topic index-quotes, group ticklake: lag 300$/m);
    assert.match(text.stdout, /^lake: 300 rows in \d objects?, [\d.]+ KiB in all$/m);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("status counts rows without the rejected messages", () =>
  withEmbedded(async (place) => {
    await place.send([...quotes(2), { key: "HSI", value: "{" }, { key: "HSI", value: null }]);
    await place.toEnd();
    const { stdout, stderr } = await runTicklake(["status", "--json"], place);
    const { lake } = JSON.parse(stdout) as Status;
    assert.deepEqual([lake.offsets, lake.rows, lake.rejected], [4, 2, 2], stderr);
    const text = await runTicklake(["status"], place);
    assert.match(
      text.stdout,
      /^lake: 2 rows in 1 object, [\d.]+ KiB in all\n {2}rejected: 2 messages in 1 object$/m,
    );
  }));

Deno.test("status warns of many small objects, and names the settings that make fewer", async () => {
  await using home = new Home();
  const warned = async (objects: number) => {
    for (let i = 0; i < objects; i++) await putRows(home.lake, [quote(i)]);
    return (await runTicklake(["status", "--home", home.path])).stderr;
  };
  assert.doesNotMatch(await warned(3), /make queries slow/);
  const stderr = await warned(120);
  assert.match(
    stderr,
    /warning: 120 objects of [\d.]+ KiB on average make queries slow\n {2}fix: /,
  );
  const [, settings, merge] = stderr.match(/fix: (.*)`ticklake maintain (--merge)`/s)!;
  const help = async (command: string) => (await runTicklake([command, "--help"])).stdout;
  const ofConsume = await help("consume");
  for (const flag of settings.match(/--[a-z-]+/g)!) {
    assert.ok(ofConsume.includes(flag), `consume has no ${flag}`);
  }
  assert.ok((await help("maintain")).includes(merge), "maintain has no --merge");
});

serviceTest("status of a lake on another S3 server goes without Glue and AWS's prices", {
  needs: ["real-s3", "python"],
}, async () => {
  const bucket = uniqueName("status");
  const s3 = realS3Env();
  await python(PYTHON, [s3.AWS_ENDPOINT_URL, bucket], { ...s3, AWS_DEFAULT_REGION: "us-east-1" });
  const { AWS_ENDPOINT_URL, ...rest } = s3;
  // Whether the server is named for all of AWS or for S3 alone.
  for (const env of [s3, { ...rest, AWS_ENDPOINT_URL_S3: AWS_ENDPOINT_URL }]) {
    const { code, stdout, stderr } = await runTicklake(["status", "--json"], {
      env: { ...env, AWS_S3_BUCKET: bucket },
    });
    assert.equal(code, 0, stderr);
    const { crawler, cost, lake } = JSON.parse(stdout);
    assert.deepEqual([crawler, cost, lake.objects], [undefined, undefined, 0]);
    assert.match(stderr, /crawler and cost: none, as the lake is not on AWS/);
  }
});

Deno.test("status of what does not exist yet says so and ends with 0", async () => {
  const { code, stdout } = await runTicklake(["status"]);
  assert.equal(code, 0);
  assert.match(stdout, /topic index-quotes: does not exist/);
});

Deno.test("status names a broker that cannot be reached, and ends with 3", async () => {
  const { code, stderr } = await runTicklake(
    ["status", "--bootstrap-servers", `127.0.0.1:${freePort()}`],
  );
  assert.equal(code, 3);
  assert.match(stderr, /error: .*127\.0\.0\.1/);
});

serviceTest("status of a lake in S3 tells the crawler's state and the cost with its price date", {
  needs: ["aws", "python"],
}, async () => {
  const bucket = uniqueName("status");
  const crawler = uniqueName("crawler");
  const env = { ...awsEnv(), AWS_S3_BUCKET: bucket, TICKLAKE_CRAWLER: crawler };
  const boto = (call: string) =>
    python(
      `import boto3\nboto3.client("s3", endpoint_url="${awsEnv().AWS_ENDPOINT_URL}").${call}`,
      [],
      { ...awsEnv(), AWS_DEFAULT_REGION: "us-east-1" },
    );
  await boto(`create_bucket(Bucket="${bucket}")`);
  const home = await Deno.makeTempDir({ prefix: "ticklake-status-" });
  try {
    const own = ["--home", home];
    await runTicklake(["produce", ...own, "--mode", "replay", "--rate", "max", "-n", "300"]);
    assert.equal((await status(own, env)).crawler!.state, null);
    const consumed = await runTicklake(["consume", ...own, "--until-end"], { env });
    assert.equal(consumed.code, 0, consumed.stderr);
    await runTicklake(["setup-catalog", "--role", "arn:aws:iam::123456789012:role/glue"], { env });
    const { crawler: found, cost, lake } = await status(own, env);
    assert.deepEqual({ name: found!.name, state: found!.state }, { name: crawler, state: "READY" });
    assert.equal(cost!.putRequests, lake.objects);
    assert.match(cost!.priceDate, /^\d{4}-\d{2}$/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
