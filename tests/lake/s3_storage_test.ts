import assert from "node:assert/strict";
import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { requestHandler } from "../../mod/aws/request_handler.ts";
import { openLake } from "../../mod/commands/open_lake.ts";
import { loadSettings } from "../../mod/config/load.ts";
import { Failure } from "../../mod/failure/failure.ts";
import { openS3Lake } from "../../mod/lake/s3.ts";
import { awsEnv, serviceTest } from "../services/services.ts";
import { newBucket, withEnv } from "./s3_bucket.ts";

type Env = Record<string, string>;

/** Stores an object with these settings and gives what S3 says of it. */
async function stored(env: Env) {
  const bucket = await newBucket();
  const { settings } = loadSettings({
    flags: {},
    environment: { AWS_S3_BUCKET: bucket, TICKLAKE_PREFIX: "lake", ...env },
  });
  const lake = await openLake(settings);
  await lake.check();
  await lake.put("t/a.parquet", new Uint8Array([1, 2, 3]));
  lake.close();
  const { handler, close } = requestHandler();
  const client = new S3Client({ forcePathStyle: true, requestHandler: handler });
  const head = await client.send(
    new HeadObjectCommand({ Bucket: bucket, Key: "lake/t/a.parquet" }),
  );
  client.destroy();
  close();
  return head;
}

serviceTest("objects are encrypted with S3's keys where --sse AES256 says so", {
  needs: ["aws"],
}, () =>
  withEnv(awsEnv(), async () => {
    const { ServerSideEncryption, SSEKMSKeyId } = await stored({ TICKLAKE_S3_SSE: "AES256" });
    assert.deepEqual([ServerSideEncryption, SSEKMSKeyId], ["AES256", undefined]);
  }));

serviceTest(
  "objects are encrypted with a KMS key of one's own",
  { needs: ["aws"] },
  () =>
    withEnv(awsEnv(), async () => {
      const key = "arn:aws:kms:us-east-1:123456789012:key/0b5a7a6e-0000-4000-8000-000000000000";
      const head = await stored({ TICKLAKE_S3_SSE: "aws:kms", TICKLAKE_S3_SSE_KMS_KEY_ID: key });
      assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ["aws:kms", key]);
    }),
);

serviceTest(
  "objects get the storage class that is asked for",
  { needs: ["aws"] },
  () =>
    withEnv(awsEnv(), async () => {
      const head = await stored({ TICKLAKE_S3_STORAGE_CLASS: "INTELLIGENT_TIERING" });
      assert.equal(head.StorageClass, "INTELLIGENT_TIERING");
      // S3 leaves the name of the usual one out.
      assert.equal((await stored({})).StorageClass, undefined);
    }),
);

Deno.test("the bucket's name goes into the path where the endpoint is one's own, or as one says", async () => {
  const paths: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    paths.push(new URL(request.url).pathname);
    return new Response();
  });
  const put = async (env: Env) => {
    const { settings } = loadSettings({
      flags: {},
      environment: { AWS_S3_BUCKET: "quotes", TICKLAKE_PREFIX: "p", ...env },
    });
    const lake = await openLake(settings);
    try {
      await lake.put("t/a", new Uint8Array([1]));
    } finally {
      lake.close();
    }
  };
  const AWS_ENDPOINT_URL = `http://s3.invalid:${server.addr.port}`;
  await withEnv(
    { ...awsEnv(), AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` },
    async () => {
      await put({});
      await put({ TICKLAKE_S3_PATH_STYLE: "true" });
    },
  );
  assert.deepEqual(paths, ["/quotes/p/t/a", "/quotes/p/t/a"]);
  // No name below this one has an address, but the error tells which one was asked for.
  await withEnv({ ...awsEnv(), AWS_ENDPOINT_URL }, async () => {
    await assert.rejects(put({ TICKLAKE_S3_PATH_STYLE: "false" }), (error: Error) => {
      assert.match(
        String((error.cause as Error).message),
        /http:\/\/quotes\.s3\.invalid:\d+\/p\/t\/a/,
      );
      return true;
    });
  });
  await server.shutdown();
});

Deno.test("a KMS key without aws:kms is wrong usage", async () => {
  for (const TICKLAKE_S3_SSE of ["", "AES256"]) {
    const { settings } = loadSettings({
      flags: {},
      environment: { TICKLAKE_S3_SSE, TICKLAKE_S3_SSE_KMS_KEY_ID: "alias/quotes" },
    });
    await assert.rejects(
      openLake(settings),
      (error) => error instanceof Failure && error.exitCode === 2 && /aws:kms/.test(error.fix!),
    );
  }
});

Deno.test("keys are listed in the encoding that XML can carry, and decoded", async () => {
  const asked: URLSearchParams[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    asked.push(new URL(request.url).searchParams);
    return new Response(
      "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>" +
        "<Contents><Key>lake/t/%EF%BF%BE-%01+%C3%A9%2B</Key><Size>1</Size></Contents></ListBucketResult>",
      { headers: { "Content-Type": "application/xml" } },
    );
  });
  const env = { ...awsEnv(), AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` };
  await withEnv(env, async () => {
    const lake = openS3Lake({ bucket: "b", prefix: "lake" });
    const [{ name }] = await Array.fromAsync(lake.list("t/"));
    lake.close();
    assert.equal(name, "t/\ufffe-\x01 é+");
  });
  assert.equal(asked[0].get("encoding-type"), "url");
});

serviceTest("a key of others that XML cannot carry does not keep the others from being listed", {
  needs: ["aws"],
}, () =>
  withEnv(awsEnv(), async () => {
    const lake = openS3Lake({ bucket: await newBucket(), prefix: "lake" });
    const names = ["t/a", "t/\ufffe-\uffff-\x01+ é"];
    for (const name of names) await lake.put(name, new Uint8Array(1));
    const listed = await Array.fromAsync(lake.list("t/"));
    lake.close();
    assert.deepEqual(listed.map(({ name }) => name).sort(), names);
  }));
