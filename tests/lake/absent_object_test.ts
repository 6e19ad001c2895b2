import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { AbsentObject } from "../../mod/lake/absent_object.ts";
import { openDirectoryLake } from "../../mod/lake/directory.ts";
import { getIfThere } from "../../mod/lake/if_there.ts";
import { openS3Lake } from "../../mod/lake/s3.ts";
import { withEnv } from "./s3_bucket.ts";

/** Reads `t/object` of an S3 lake whose server gives one answer to everything. */
async function fromS3<T>(
  [status, code, headers]: readonly [status: number, code: string, headers?: HeadersInit],
  read: (lake: ReturnType<typeof openS3Lake>) => Promise<T>,
): Promise<T> {
  const body = code === "" ? null : `<Error><Code>${code}</Code><Message>no</Message></Error>`;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(body, { status, headers }),
  );
  const env = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}`,
  };
  try {
    return await withEnv(env, async () => {
      const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake", attempts: 1 });
      return await read(lake).finally(() => lake.close());
    });
  } finally {
    await server.shutdown();
  }
}

const REFUSALS = [
  [400, ""],
  [400, "InvalidRequest"],
  [400, "InvalidArgument"],
  [301, "PermanentRedirect", { "x-amz-bucket-region": "us-east-1" }],
  [403, ""],
  [403, "AccessDenied"],
  [403, "InvalidObjectState"],
  [404, ""],
  [404, "NoSuchBucket"],
  [404, "NoSuchUpload"],
  [405, "MethodNotAllowed"],
  [410, "Gone"],
  [451, ""],
  [500, "InternalError"],
] as const;

const isRefusal = (error: unknown) => error instanceof Failure && !(error instanceof AbsentObject);

Deno.test("S3: only NoSuchKey says that an object is absent", async () => {
  const range = { start: 0, end: 5 };
  for (const refusal of REFUSALS) {
    await fromS3(refusal, async (lake) => {
      await assert.rejects(lake.get("t/object"), isRefusal, `${refusal}`);
      await assert.rejects(lake.get("t/object", { range }), isRefusal, `${refusal}, of a range`);
      await assert.rejects(getIfThere(lake, "t/object"), isRefusal, `${refusal}`);
    });
  }
  await fromS3([404, "NoSuchKey"], async (lake) => {
    await assert.rejects(lake.get("t/object", { range }), AbsentObject);
    assert.equal(await getIfThere(lake, "t/object"), undefined);
  });
});

/** What stands in the way of `t/object`. */
const OBSTACLES: Readonly<Record<string, (home: string) => void>> = {
  "a file in its folder's place (ENOTDIR)": (home) => Deno.writeTextFileSync(`${home}/t`, ""),
  "a folder in its place (EISDIR)": (home) =>
    Deno.mkdirSync(`${home}/t/object`, { recursive: true }),
  "a link in its place": (home) => {
    Deno.mkdirSync(`${home}/t`);
    Deno.symlinkSync("nowhere", `${home}/t/object`);
  },
  "links that lead to each other above it (ELOOP)": (home) => {
    Deno.removeSync(home);
    Deno.symlinkSync(home, home);
  },
};

Deno.test("a directory: only ENOENT says that an object is absent", async () => {
  for (const [name, obstruct] of Object.entries(OBSTACLES)) {
    const above = await Deno.makeTempDir();
    try {
      const home = `${above}/lake`;
      Deno.mkdirSync(home);
      obstruct(home);
      const lake = openDirectoryLake(home);
      const range = { start: 0, end: 5 };
      await assert.rejects(lake.get("t/object"), isRefusal, name);
      await assert.rejects(lake.get("t/object", { range }), isRefusal, `${name}, of a range`);
      await assert.rejects(getIfThere(lake, "t/object"), isRefusal, name);
    } finally {
      await Deno.remove(above, { recursive: true });
    }
  }
});
