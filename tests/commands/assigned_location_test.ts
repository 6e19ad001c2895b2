import assert from "node:assert/strict";
import { runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

/** A REST catalog that puts tables where it wants. @param drops whether it drops them without a purge */
function assigning(location: string, { drops }: { drops: boolean }) {
  const uri = Deno.env.get("TEST_ICEBERG_REST")!;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    if (request.method === "DELETE" && !drops) {
      const error = { message: "only with purge", type: "BadRequestException", code: 400 };
      return Response.json({ error }, { status: 400 });
    }
    let body: string | undefined = await request.text() || undefined;
    if (request.method === "POST" && pathname.endsWith("/tables")) {
      body = JSON.stringify({ ...JSON.parse(body!), location });
    }
    const headers = { "content-type": "application/json" };
    return await fetch(uri + pathname + search, { method: request.method, headers, body });
  });
  return {
    uri: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function isThere(namespace: string): Promise<boolean> {
  const path = `v1/namespaces/${namespace}/tables/index_quotes`;
  const response = await fetch(`${Deno.env.get("TEST_ICEBERG_REST")}/${path}`);
  await response.body?.cancel();
  return response.status === 200;
}

const COMMANDS = [["setup-catalog"], ["consume", "--until-end"]];

/** Runs both commands against such a catalog. */
async function refused(place: ConsumePlace, location: string, drops: boolean): Promise<void> {
  await using catalog = assigning(location, { drops });
  for (const words of COMMANDS) {
    const namespace = uniqueName("assigned").replaceAll("-", "_");
    const env = {
      ...place.env,
      TICKLAKE_TABLE_FORMAT: "iceberg",
      ICEBERG_REST_URI: catalog.uri,
      TICKLAKE_DATABASE: namespace,
    };
    const run = () => runTicklake(words, { cwd: place.cwd, env });
    const first = await run();
    assert.equal(first.code, 1, `${words}: ${first.stdout}${first.stderr}`);
    assert.doesNotMatch(first.stdout, /created/);
    assert.match(
      first.stderr,
      new RegExp(`created table index_quotes at ${location}, not at file:`),
    );
    assert.match(first.stderr, /fix: A catalog that assigns the location, such as S3 Tables/);
    assert.match(
      first.stderr,
      drops ? /it was dropped again/ : /it is still there: .*only with purge/,
    );
    assert.equal(await isThere(namespace), !drops);
    if (drops) continue;
    const again = await run();
    assert.equal(again.code, 1, again.stderr);
    assert.match(again.stderr, new RegExp(`table index_quotes is at ${location}, not `));
  }
  const objects = await place.objects();
  assert.deepEqual(objects.filter((name) => !name.startsWith("assigned/metadata/")), []);
}

const NEEDS = { needs: ["iceberg-rest" as const], sanitizeOps: false, sanitizeResources: false };

serviceTest(
  "a catalog that assigns a location outside the lake is refused, the table dropped",
  NEEDS,
  () =>
    withEmbedded(async (place) => {
      await place.send(quotes(5));
      await refused(place, `file://${place.cwd}/warehouse/t1`, true);
    }),
);

serviceTest(
  "a catalog that assigns another folder of the lake is refused, if it drops no table too",
  NEEDS,
  () =>
    withEmbedded(async (place) => {
      await place.send(quotes(5));
      const location = `file://${place.cwd}/.ticklake/lake/assigned`;
      await refused(place, location, false);
    }),
);
