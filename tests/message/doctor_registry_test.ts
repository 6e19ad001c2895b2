import assert from "node:assert/strict";
import { avroSchema } from "../../mod/message/avro/avro_writer.ts";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import { awsEnv, runTicklake, serviceTest, uniqueName } from "../services/services.ts";

interface Answers {
  [path: string]: unknown;
}

/** A registry with given answers by path; all else is not found. */
function registry(answers: Answers, authorization: string | null = null) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.headers.get("authorization") !== authorization) {
      return Response.json({ message: "Unauthorized" }, { status: 401 });
    }
    const answer = answers[new URL(request.url).pathname];
    if (typeof answer === "string") return new Response(answer);
    return answer === undefined
      ? Response.json({ message: "not found" }, { status: 404 })
      : Response.json(answer);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** What doctor says of the registry, and its exit code. */
async function findings(url: string, more: Record<string, string> = {}) {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-doctor-" });
  try {
    const env = {
      TICKLAKE_MESSAGE_FORMAT: "avro",
      SCHEMA_REGISTRY_URL: url,
      KAFKA_TOPIC: "quotes",
      ...more,
    };
    const { code, stdout, stderr } = await runTicklake(["doctor", "--json"], { cwd, env });
    const { findings } = JSON.parse(stdout || `{"findings":[]}`);
    const own = findings.filter(({ check }: { check: string }) => /registry|message/.test(check));
    assert.ok(own.length > 0, stderr);
    return { code, own: own as Array<Record<"status" | "detail" | "fix", string>> };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const text = avroSchema(await loadSchema());

Deno.test("doctor: a registry that serves the topic's schema", async () => {
  await using server = registry({
    "/subjects": ["quotes-value"],
    "/subjects/quotes-value/versions/latest": { id: 7 },
    "/schemas/ids/7": { schema: text },
  }, `Basic ${btoa("me:secret")}`);
  const user = { SCHEMA_REGISTRY_USER: "me", SCHEMA_REGISTRY_PASSWORD: "secret" };
  const { code, own } = await findings(server.url, user);
  assert.equal(code, 0);
  assert.deepEqual(own.map(({ status, detail }) => [status, detail]), [
    ["ok", `${server.url}: 1 subject`],
    ["ok", "schema 7 of topic quotes, AVRO"],
  ]);
  const wrong = await findings(server.url, { ...user, SCHEMA_REGISTRY_PASSWORD: "wrong" });
  assert.equal(wrong.code, 3);
  assert.match(wrong.own[0].detail, /status 401: Unauthorized/);
  assert.match(wrong.own[0].fix, /SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD/);
});

Deno.test("doctor: a topic without a schema, and one that the table cannot use", async () => {
  await using empty = registry({ "/subjects": [] });
  const none = await findings(empty.url);
  assert.deepEqual([none.code, none.own[1].status], [0, "warning"]);
  assert.match(none.own[1].detail, /no schema of topic quotes/);
  const small = '{"type":"record","name":"A","fields":[{"name":"Index","type":"string"}]}';
  for (
    const [schema, pattern] of [[small, /no field for Date/], ["x", /cannot be used/]] as const
  ) {
    await using server = registry({
      "/subjects": ["quotes-value"],
      "/subjects/quotes-value/versions/latest": { id: 7 },
      "/schemas/ids/7": { schema },
    });
    const { code, own } = await findings(server.url);
    assert.deepEqual([code, own[1].status], [0, "warning"]);
    assert.match(own[1].detail, pattern);
  }
});

Deno.test("doctor: what is no registry, and a registry that is away, come with the fix", async () => {
  await using page = registry({ "/subjects": "<html>" });
  const found = await findings(page.url);
  assert.equal(found.code, 3);
  assert.match(found.own[0].detail, /no JSON: it is no schema registry/);
  assert.match(found.own[0].fix, /apis\/ccompat\/v7/);
  const away = await findings("http://127.0.0.1:1");
  assert.equal(away.code, 3);
  assert.match(away.own[0].detail, /cannot be reached/);
  assert.match(away.own[0].fix, /SCHEMA_REGISTRY_URL/);
  const wrong = await findings("localhost:8081");
  assert.equal(wrong.code, 2);
  const file = await findings(page.url, { TICKLAKE_MESSAGE_SCHEMA: "gone.avsc" });
  assert.deepEqual([file.code, file.own[0].status], [2, "failed"]);
});

serviceTest("doctor: Glue's registry, its schema of the topic, and one that does not exist", {
  needs: ["aws"],
}, async () => {
  const topic = uniqueName("doctor");
  const env = { ...awsEnv(), KAFKA_TOPIC: topic };
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-doctor-" });
  try {
    const produced = await runTicklake(["produce", "--count", "1", "--interval", "1ms"], {
      cwd,
      env: {
        ...env,
        TICKLAKE_MESSAGE_FORMAT: "protobuf",
        SCHEMA_REGISTRY_URL: "glue://default-registry",
      },
    });
    assert.equal(produced.code, 0, produced.stderr);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
  // Only after a schema: moto has no default registry before.
  const none = await findings("glue://default-registry", { ...env, KAFKA_TOPIC: `${topic}-other` });
  assert.deepEqual(none.own.map(({ status }) => status), ["ok", "warning"]);
  assert.match(none.own[0].detail, /^glue:\/\/default-registry: /);
  assert.match(none.own[1].detail, /no schema of topic doctor-/);
  const { own } = await findings("glue://default-registry", env);
  assert.equal(own[1].status, "ok");
  assert.match(own[1].detail, /^schema [0-9a-f-]{36} of topic doctor-.*, PROTOBUF$/);
  const missing = await findings("glue://no-such-registry", env);
  assert.equal(missing.own[0].status, "failed");
  assert.match(missing.own[0].detail, /no-such-registry/);
  const away = await findings("glue://default-registry", {
    ...env,
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
  });
  assert.equal(away.code, 3);
  assert.equal(away.own[0].status, "failed");
});
