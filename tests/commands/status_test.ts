import assert from "node:assert/strict";
import { freePort } from "../services/free_port.ts";
import { awsEnv, python, runTicklake, serviceTest, uniqueName } from "../services/services.ts";

interface Status {
  partitions: Array<{ partition: number; high: number; committed: number | null; lag: number }>;
  lake: { objects: number; offsets: number; rejected: number };
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
    assert.match(text.stdout, /^lake: 300 messages in \d objects of [\d.]+ KiB$/m);
  } finally {
    await Deno.remove(home, { recursive: true });
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
