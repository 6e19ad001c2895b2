import assert from "node:assert/strict";
import { RestCatalog } from "../../../mod/table/iceberg/catalogs/rest.ts";
import { restAuth } from "../../../mod/table/iceberg/catalogs/rest_auth.ts";
import { sleep } from "../../../mod/wait/sleep.ts";
import { newBucket, withEnv } from "../../lake/s3_bucket.ts";
import { realS3Env, serviceTest } from "../../services/services.ts";

/** A catalog that is asked for its table, and answers as told; requests with their headers, in order. */
function fakeCatalog(answer: (request: Request) => Response | Promise<Response>) {
  const requests: Array<{ url: string; headers: Headers }> = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    requests.push({ url: request.url, headers: new Headers(request.headers) });
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/config") {
      return Response.json({ defaults: {}, overrides: { prefix: "p" } });
    }
    return answer(request);
  });
  return {
    uri: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const NAME = { namespace: "a.b", table: "quotes" };
const none = () => Response.json({ error: { message: "no table" } }, { status: 404 });

Deno.test("a REST catalog gets a bearer token, its prefix and levels of the namespace", async () => {
  await using fake = fakeCatalog(none);
  const catalog = new RestCatalog({
    uri: `${fake.uri}/`,
    ...NAME,
    token: "t0ken",
    warehouse: "w 1",
  });
  assert.equal(await catalog.load(), undefined);
  const [config, table] = fake.requests;
  assert.equal(new URL(config.url).search, "?warehouse=w%201");
  assert.equal(new URL(table.url).pathname, "/v1/p/namespaces/a%1Fb/tables/quotes");
  assert.equal(table.headers.get("authorization"), "Bearer t0ken");
});

Deno.test("client credentials become a token, and a new one when it is refused", async () => {
  let granted = 0;
  const forms: string[] = [];
  await using fake = fakeCatalog(async (request) => {
    if (new URL(request.url).pathname === "/v1/oauth/tokens") {
      forms.push(await request.text());
      return Response.json({ access_token: `token-${++granted}`, expires_in: 3600 });
    }
    const isNew = request.headers.get("authorization") === "Bearer token-2";
    return isNew ? none() : Response.json({ error: { message: "expired" } }, { status: 401 });
  });
  const catalog = new RestCatalog({ uri: fake.uri, ...NAME, credential: "me:se:cret" });
  assert.equal(await catalog.load(), undefined);
  assert.equal(await catalog.load(), undefined);
  assert.equal(granted, 2);
  const { grant_type, client_id, client_secret, scope } = Object.fromEntries(
    new URLSearchParams(forms[0]),
  );
  assert.deepEqual(
    [grant_type, client_id, client_secret, scope],
    ["client_credentials", "me", "se:cret", "catalog"],
  );
});

Deno.test("requests are signed for an AWS service", async () => {
  const env = {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "s",
  };
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    await using fake = fakeCatalog(none);
    const catalog = new RestCatalog({ uri: fake.uri, ...NAME, sigv4: "s3tables" });
    assert.equal(await catalog.load(), undefined);
    const { headers } = fake.requests[1];
    assert.match(
      headers.get("authorization")!,
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/s3tables\/aws4_request, /,
    );
    assert.ok(headers.get("x-amz-date"));
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});

Deno.test("a token is asked for again before it expires", async () => {
  let granted = 0;
  await using fake = fakeCatalog((request) => {
    if (new URL(request.url).pathname !== "/v1/oauth/tokens") return none();
    return Response.json({ access_token: `token-${++granted}`, expires_in: 61 });
  });
  const catalog = new RestCatalog({ uri: fake.uri, ...NAME, credential: "me:secret" });
  await catalog.load();
  await catalog.load();
  assert.equal(granted, 1);
  // A minute early.
  await sleep(1100);
  await catalog.load();
  assert.equal(granted, 2);
});

serviceTest(
  "a server that checks signatures takes a signed request, with its body and query",
  { needs: ["real-s3"] },
  () =>
    withEnv(realS3Env(), async () => {
      const endpoint = Deno.env.get("AWS_ENDPOINT_URL")!;
      const authorize = restAuth(endpoint, { sigv4: "s3" });
      const { signal } = new AbortController();
      const send = async (method: string, path: string, body?: string, sent = body) => {
        const url = new URL(endpoint + path);
        const headers = await authorize({ method, url, headers: {}, body }, signal);
        const answer = await fetch(url, { method, headers, body: sent, signal });
        return [answer.status, await answer.text()] as const;
      };
      const bucket = await newBucket();
      const put = await send("PUT", `/${bucket}/a?x-id=PutObject&w=w%201`, '{"id":1}');
      assert.equal(put[0], 200, put[1]);
      assert.deepEqual(await send("GET", `/${bucket}/a`), [200, '{"id":1}']);
      const [status, text] = await send("PUT", `/${bucket}/c`, '{"id":1}', '{"id":2}');
      assert.ok(status >= 400, "another body than the signed one: " + text);
    }),
);

Deno.test("a refusal and an unknown outcome of a REST catalog are told apart", async () => {
  let status = 500;
  await using fake = fakeCatalog(() => Response.json({ error: { message: "no" } }, { status }));
  const catalog = new RestCatalog({ uri: fake.uri, ...NAME });
  const base = {
    metadata: { "table-uuid": "u", "current-schema-id": 0, "default-spec-id": 0 },
    metadataFile: "",
    version: undefined,
    // deno-lint-ignore no-explicit-any
  } as any;
  for (
    const [given, kind] of [[500, "service"], [503, "service"], [400, "failed"], [403, "service"]]
  ) {
    status = given as number;
    await assert.rejects(catalog.commit(base, []), { name: "Failure", kind });
  }
  status = 409;
  assert.equal(await catalog.commit(base, []), false);
});

Deno.test("only a REST catalog's own 404 says that there is no table", async () => {
  let answer = none;
  await using fake = fakeCatalog(() => answer());
  const catalog = new RestCatalog({ uri: fake.uri, ...NAME });
  const metadata = { location: "l", schemas: [{}], "partition-specs": [{}], "sort-orders": [{}] };
  assert.equal(await catalog.load(), undefined);
  const html = "<html>no such page</html>";
  for (
    const [given, kind] of [
      [() => new Response(html, { status: 404 }), "service"],
      [() => new Response(null, { status: 404 }), "service"],
      [() => Response.json({ error: { message: "no" } }, { status: 403 }), "service"],
      [() => Response.json({ error: { message: "no" } }, { status: 400 }), "failed"],
      [() => new Response(html, { status: 301, headers: { location: "/" } }), "service"],
      [() => new Response(null, { status: 204 }), "failed"],
    ] as const
  ) {
    answer = given;
    await assert.rejects(catalog.load(), { name: "Failure", kind });
    // deno-lint-ignore no-explicit-any
    const created = catalog.create(metadata as any);
    await assert.rejects(created, { name: "Failure" });
  }
});
