import { sleep } from "../../mod/wait/sleep.ts";
import assert from "node:assert/strict";
import { Failure } from "../../mod/failure/failure.ts";
import { openS3Lake, type S3LakeOptions } from "../../mod/lake/s3.ts";
import type { LakeStore } from "../../mod/lake/store.ts";
import { realS3Env, serviceTest } from "../services/services.ts";
import { newBucket, withEnv } from "./s3_bucket.ts";
import { text } from "./store_contract.ts";

const CREDENTIALS = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** A failure of the service whose message names the object and says something. */
function refused(says: string, fix = "") {
  return (error: unknown) => {
    assert.ok(error instanceof Failure, `${error}`);
    assert.equal(error.kind, "service");
    assert.ok(error.message.includes("s3://bucket-of-tests/lake/a"), error.message);
    assert.ok(error.message.includes(says), error.message);
    assert.ok(error.fix?.includes(fix), error.fix);
    return true;
  };
}

/** One request as the server got it. */
interface Seen {
  method: string;
  path: string;
  headers: Headers;
  body: Uint8Array;
}

type Answer = (seen: Seen) => Response | Promise<Response>;

/** Runs with a lake on a server that gives these answers in turn, the last one for ever. */
async function withAnswers(
  answers: Answer[],
  run: (lake: LakeStore, seen: Seen[]) => Promise<void>,
  options: Partial<S3LakeOptions> = {},
): Promise<void> {
  const seen: Seen[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    seen.push({
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    });
    return answers[Math.min(seen.length, answers.length) - 1](seen.at(-1)!);
  });
  const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` };
  try {
    await withEnv(env, async () => {
      const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "/lake/", ...options });
      await run(lake, seen).finally(() => lake.close());
    });
  } finally {
    await server.shutdown();
  }
}

function answer(status: number, code = "", headers: HeadersInit = {}): Answer {
  const body = code === ""
    ? null
    : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said the server</Message></Error>`;
  return () => new Response(body, { status, headers });
}

const put = (lake: LakeStore) => lake.put("a", text("value"));

Deno.test("a put is one request with its length, in the path of the endpoint", async () => {
  await withAnswers([answer(200)], async (lake, seen) => {
    await lake.put("t/dt=1/a b", text("value"));
    assert.equal(seen.length, 1);
    const [{ method, path, headers, body }] = seen;
    assert.equal(method, "PUT");
    assert.equal(path.split("?")[0], "/bucket-of-tests/lake/t/dt%3D1/a%20b");
    assert.equal(headers.get("content-length"), "5");
    assert.equal(headers.get("transfer-encoding"), null);
    assert.equal(headers.get("content-encoding"), null);
    assert.deepEqual(body, text("value"));
  });
});

const REFUSALS: ReadonlyArray<readonly [status: number, code: string, says: string, fix: string]> =
  [
    [404, "NoSuchBucket", "bucket bucket-of-tests does not exist", "aws s3 mb"],
    [403, "AccessDenied", "access denied", "s3:PutObject"],
    [403, "", "access denied", "s3:PutObject"],
    [403, "InvalidAccessKeyId", "access key is unknown", "AWS_PROFILE"],
    [403, "SignatureDoesNotMatch", "secret key does not match", "AWS_SECRET_ACCESS_KEY"],
    [400, "ExpiredToken", "credentials have expired", "aws sso login"],
    [403, "RequestTimeTooSkewed", "clock is wrong", "clock"],
    [400, "AuthorizationHeaderMalformed", "another region", "AWS_REGION"],
    [301, "PermanentRedirect", "another region", "AWS_REGION"],
    [520, "Teapot", "Teapot", "Try again"],
  ];

for (const [status, code, says, fix] of REFUSALS) {
  Deno.test(`HTTP ${status} ${code} is a failure that says what to do`, async () => {
    await withAnswers([answer(status, code)], async (lake) => {
      await assert.rejects(put(lake), refused(says, fix));
    });
  });
}

for (const [status, code] of [[500, "InternalError"], [503, "SlowDown"]] as const) {
  Deno.test(`HTTP ${status} ${code} is retried, a few times`, async () => {
    await withAnswers([answer(status, code), answer(200)], async (lake, seen) => {
      await put(lake);
      assert.equal(seen.length, 2);
    });
    await withAnswers([answer(status, code)], async (lake, seen) => {
      await assert.rejects(put(lake), refused(status === 503 ? "slow down" : code));
      assert.equal(seen.length, 3);
    });
  });
}

/** Runs with the port of a server that does something to each connection, and their number so far. */
async function withConnections(
  meet: (connection: Deno.Conn) => void,
  run: (port: number, count: () => number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      meet(connection);
    }
  })();
  try {
    const { port } = listener.addr as Deno.NetAddr;
    await withEnv(
      { ...CREDENTIALS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
      () => run(port, () => connections.length),
    );
  } finally {
    listener.close();
    for (const connection of connections) {
      try {
        connection.close();
      } catch {
        // The test has closed it.
      }
    }
    await accepting;
  }
}

Deno.test("a server that never answers is a failure after the time for silence", async () => {
  await withConnections(() => {}, async (_, count) => {
    const lake = openS3Lake({
      bucket: "bucket-of-tests",
      prefix: "lake",
      silenceMs: 200,
      attempts: 2,
    });
    await assert.rejects(put(lake), refused("no answer", "security group"));
    assert.equal(count(), 2);
    lake.close();
  });
});

Deno.test("a put that waits for an answer ends when its signal aborts", async () => {
  await withConnections(() => {}, async (_, count) => {
    const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake" });
    const reason = new Error("enough");
    const controller = new AbortController();
    const waiting = lake.put("a", text("value"), { signal: controller.signal });
    waiting.catch(() => {});
    while (count() === 0) await sleep(5);
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    lake.close();
  });
});

Deno.test("a connection that is closed is retried, then a failure", async () => {
  await withConnections((connection) => connection.close(), async (_, count) => {
    const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake" });
    await assert.rejects(put(lake), refused("closed the connection"));
    assert.equal(count(), 3);
    lake.close();
  });
});

Deno.test("a port where nothing listens is a failure that names it", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await withEnv({ ...CREDENTIALS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }, async () => {
    const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake/a" });
    await assert.rejects(lake.check(), refused(`http://127.0.0.1:${port} refuses connections`));
    lake.close();
  });
});

Deno.test("a host without an address is a failure that says so", async () => {
  const env = { ...CREDENTIALS, AWS_ENDPOINT_URL: "http://s3.invalid:9000" };
  await withEnv(env, async () => {
    const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake" });
    await assert.rejects(put(lake), refused("cannot be resolved", "DNS"));
    lake.close();
  });
});

Deno.test("new credentials in the profile's file are used without a restart", async () => {
  const file = await Deno.makeTempFile();
  const write = (key: string) =>
    Deno.writeTextFile(
      file,
      `[default]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`,
    );
  await write("OLD");
  const byKey: Answer = ({ headers }) =>
    headers.get("authorization")!.includes("Credential=NEW/")
      ? new Response(null)
      : answer(400, "ExpiredToken")({} as Seen) as Response;
  await withAnswers([byKey], async (_, seen) => {
    const env = {
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_SHARED_CREDENTIALS_FILE: file,
      AWS_CONFIG_FILE: "/nonexistent",
    };
    await withEnv(env, async () => {
      const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake" });
      await assert.rejects(put(lake), refused("credentials have expired"));
      await assert.rejects(put(lake), refused("credentials have expired"));
      await write("NEW");
      await put(lake);
      lake.close();
    });
    assert.equal(seen.length, 3);
  });
  await Deno.remove(file);
});

Deno.test("missing credentials are a failure that says where to put them", async () => {
  const env = {
    ...CREDENTIALS,
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
  };
  await withEnv(env, async () => {
    const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake" });
    await assert.rejects(put(lake), refused("no AWS credentials", "Attach a role"));
    lake.close();
  });
});

Deno.test("a missing region is a failure, AWS_DEFAULT_REGION is one", async () => {
  const none = { AWS_REGION: "", AWS_DEFAULT_REGION: "", AWS_CONFIG_FILE: "/nonexistent" };
  await withAnswers([answer(200)], async () => {
    await withEnv(none, async () => {
      const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake" });
      await assert.rejects(put(lake), refused("no AWS region", "AWS_REGION"));
      lake.close();
    });
    await withEnv({ ...none, AWS_DEFAULT_REGION: "eu-west-3" }, async () => {
      const lake = openS3Lake({ bucket: "bucket-of-tests", prefix: "lake" });
      await put(lake);
      lake.close();
    });
  });
});

Deno.test("a bucket's name with a path is a failure that says so", async () => {
  await withAnswers([answer(200)], async (_, seen) => {
    const lake = openS3Lake({ bucket: "s3://bucket/path", prefix: "lake" });
    await assert.rejects(
      put(lake),
      (error) => error instanceof Failure && error.fix!.includes("AWS_S3_BUCKET"),
    );
    lake.close();
    assert.equal(seen.length, 0);
  });
});

Deno.test("the check needs the right to write, not the right to remove", async () => {
  await withAnswers([answer(200), answer(403, "AccessDenied")], async (lake, seen) => {
    await lake.check();
    assert.deepEqual(seen.map(({ method }) => method), ["PUT", "DELETE"]);
  });
  await withAnswers([answer(403, "AccessDenied")], async (lake) => {
    await assert.rejects(
      lake.check(),
      (error) => error instanceof Failure && error.message.includes("access denied"),
    );
  });
});

serviceTest("a server's own refusals are recognized", { needs: ["real-s3"] }, async () => {
  await withEnv(realS3Env(), async () => {
    const bucket = await newBucket();
    const says = (what: string) => (error: unknown) =>
      error instanceof Failure && error.kind === "service" && error.message.includes(what);
    const missing = openS3Lake({ bucket: `${bucket}-not`, prefix: "" });
    await assert.rejects(missing.check(), says("does not exist"));
    await assert.rejects(Array.fromAsync(missing.list("")), says("does not exist"));
    await assert.rejects(missing.get("a"), says("does not exist"));
    missing.close();
    for (
      const [env, what] of [
        [{ AWS_SECRET_ACCESS_KEY: "wrong" }, "secret key does not match"],
        [{ AWS_ACCESS_KEY_ID: "nobody" }, "access key is unknown"],
      ] as const
    ) {
      await withEnv(env, async () => {
        const lake = openS3Lake({ bucket, prefix: "" });
        await assert.rejects(lake.check(), says(what));
        lake.close();
      });
    }
  });
});

Deno.test("what S3 refuses for good ends it, and its name is cut; credentials and throttling pass", async () => {
  const refusals = [
    [400, "EntityTooLarge", "failed"],
    [400, "KeyTooLongError", "failed"],
    [400, "InvalidArgument", "failed"],
    [405, "MethodNotAllowed", "failed"],
    [400, "ExpiredToken", "service"],
    [400, "RequestTimeout", "service"],
    [403, "AccessDenied", "service"],
    [404, "NoSuchBucket", "service"],
    [429, "TooManyRequests", "service"],
    [500, "InternalError", "service"],
  ] as const;
  for (const [status, code, kind] of refusals) {
    const body = `<Error><Code>${code}</Code><Message>no</Message></Error>`;
    await withAnswers([() => new Response(body, { status })], async (lake) => {
      await assert.rejects(lake.put("x".repeat(2000), new Uint8Array(1)), (error) => {
        assert.ok(error instanceof Failure, `${error}`);
        assert.equal(error.kind, kind, code);
        assert.ok(error.message.length < 600, error.message);
        return true;
      });
    }, { attempts: 1 });
  }
});
