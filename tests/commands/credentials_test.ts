import assert from "node:assert/strict";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { startS3Proxy } from "../ops/s3_proxy.ts";
import { awsEnv, realS3Env, runTicklake, serviceTest } from "../services/services.ts";

type Env = Record<string, string>;

/**
 * A host whose user has no AWS settings but these, with a bucket and a topic of a few rows.
 * @param s3 variables of the S3 server
 */
async function withHost(
  s3: Env,
  own: (home: string) => Promise<Env>,
  run: (consume: () => ReturnType<typeof runTicklake>) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "ticklake-credentials-" });
  const bucket = await withEnv(s3, newBucket);
  const produced = await runTicklake(["produce", "-n", "20", "--rate", "max"], { cwd: home });
  assert.equal(produced.code, 0, produced.stderr);
  const env: Env = {
    HOME: home,
    // The runtime's cache stays where it is.
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
    AWS_ENDPOINT_URL: s3.AWS_ENDPOINT_URL,
    AWS_S3_BUCKET: bucket,
    ...await own(home),
  };
  await run(() => runTicklake(["consume", "--until-end", "--json"], { cwd: home, env }));
  await Deno.remove(home, { recursive: true });
}

const KEY = "ASIAEXAMPLEOFAROLE";
const TOKEN = "token-of-the-role";

/** What a service gives that lends a role's credentials. */
function lent() {
  return {
    Code: "Success",
    Type: "AWS-HMAC",
    LastUpdated: new Date().toISOString(),
    AccessKeyId: KEY,
    SecretAccessKey: "5ecret-of-the-role",
    Token: TOKEN,
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  };
}

/** Runs with the variables of an S3 that takes only requests in the name of that role. */
async function withRolesS3(run: (s3: Env) => Promise<void>): Promise<void> {
  const bucketMade = /^\/ticklake-[^/]+\/?$/;
  await using proxy = startS3Proxy(awsEnv().AWS_ENDPOINT_URL, {
    answer({ method, url, headers }) {
      const isTests = method === "PUT" && bucketMade.test(new URL(url).pathname);
      const isRoles = headers.get("x-amz-security-token") === TOKEN &&
        headers.get("authorization")?.includes(`Credential=${KEY}/`);
      return isTests || isRoles ? undefined : refusal("InvalidAccessKeyId");
    },
  });
  await run({ ...awsEnv(), AWS_ENDPOINT_URL: proxy.url });
}

function refusal(code: string): Response {
  return new Response(`<Error><Code>${code}</Code><Message>no</Message></Error>`, {
    status: 403,
    headers: { "content-type": "application/xml" },
  });
}

function serve(answer: (request: Request) => Response): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
}

/** The metadata service of an EC2 instance with a role, version 2: each question needs a token. */
function instance() {
  const asked: string[] = [];
  const server = serve((request) => {
    const { pathname } = new URL(request.url);
    asked.push(`${request.method} ${pathname}`);
    if (pathname === "/latest/api/token") {
      return request.method === "PUT"
        ? new Response("session", { headers: { "x-aws-ec2-metadata-token-ttl-seconds": "21600" } })
        : new Response(null, { status: 405 });
    }
    if (request.headers.get("x-aws-ec2-metadata-token") !== "session") {
      return new Response(null, { status: 401 });
    }
    switch (pathname) {
      case "/latest/meta-data/iam/security-credentials/":
        return new Response("ticklake-host");
      case "/latest/meta-data/iam/security-credentials/ticklake-host":
        return Response.json(lent());
      case "/latest/meta-data/placement/region":
        return new Response("us-east-1");
      default:
        return new Response(null, { status: 404 });
    }
  });
  return { server, asked, url: `http://127.0.0.1:${server.addr.port}` };
}

const NEEDS = { needs: ["aws"] } as const;

serviceTest("on EC2 the instance's role is enough", NEEDS, async () => {
  const { server, asked, url } = instance();
  const own = { AWS_REGION: "us-east-1", AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
  await withRolesS3((s3) =>
    withHost(s3, async () => own, async (consume) => {
      const { code, stdout, stderr } = await consume();
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).written, 20);
      assert.ok(asked.includes("GET /latest/meta-data/iam/security-credentials/ticklake-host"));
    })
  );
  await server.shutdown();
});

serviceTest(
  "a role's credentials that S3 refuses are told as such, and not shown",
  NEEDS,
  async () => {
    const { server, url } = instance();
    const own = { AWS_REGION: "us-east-1", AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
    await using proxy = startS3Proxy(awsEnv().AWS_ENDPOINT_URL, {
      answer: ({ headers }) =>
        headers.has("x-amz-security-token") ? refusal("ExpiredToken") : undefined,
    });
    await withHost(
      { ...awsEnv(), AWS_ENDPOINT_URL: proxy.url },
      async () => own,
      async (consume) => {
        const { code, stderr } = await consume();
        assert.equal(code, 3);
        assert.match(stderr, /the credentials have expired\n {2}fix: /);
        assert.doesNotMatch(stderr, /of-the-role/);
      },
    );
    await server.shutdown();
  },
);

serviceTest("in a container the task's role is enough", NEEDS, async () => {
  const server = serve((request) =>
    request.headers.get("authorization") === "Bearer of-the-task"
      ? Response.json(lent())
      : new Response(null, { status: 401 })
  );
  const own = {
    AWS_REGION: "us-east-1",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${server.addr.port}/role`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "Bearer of-the-task",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  await withRolesS3((s3) =>
    withHost(s3, async () => own, async (consume) => {
      const { code, stderr } = await consume();
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /of-the-(task|role)/);
    })
  );
  await server.shutdown();
});

serviceTest(
  "a profile of ~/.aws gives keys and region",
  { needs: ["real-s3"] },
  () =>
    withHost(realS3Env(), async (home) => {
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = realS3Env();
      await Deno.mkdir(`${home}/.aws`);
      await Deno.writeTextFile(
        `${home}/.aws/credentials`,
        `[quotes]\naws_access_key_id = ${AWS_ACCESS_KEY_ID}\n` +
          `aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}\n`,
      );
      await Deno.writeTextFile(`${home}/.aws/config`, "[profile quotes]\nregion = us-east-1\n");
      return { AWS_PROFILE: "quotes", AWS_EC2_METADATA_DISABLED: "true" };
    }, async (consume) => {
      const { code, stdout, stderr } = await consume();
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).written, 20);
    }),
);
