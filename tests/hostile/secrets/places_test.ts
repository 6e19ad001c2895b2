import assert from "node:assert/strict";
import { GetTablesCommand, GlueClient } from "@aws-sdk/client-glue";
import { requestHandler } from "../../../mod/aws/request_handler.ts";
import { loadSettings } from "../../../mod/config/load.ts";
import { openBroker } from "../../../mod/commands/open_broker.ts";
import { openLake } from "../../../mod/commands/open_lake.ts";
import { newBucket, withEnv } from "../../lake/s3_bucket.ts";
import {
  awsEnv,
  runTicklake,
  serviceTest,
  spawnTicklake,
  uniqueName,
} from "../../services/services.ts";
import { REDACTED } from "../../../mod/failure/secrets.ts";
import { registryStub } from "../../services/registry_stub.ts";
import { until } from "../../until.ts";
import { plantedIn, plantedInBytes, REGISTRY_USER, SECRETS, withUser } from "./planted.ts";
import { passedTo, turncoat } from "./turncoat.ts";

/** What leaves its traces, with the secrets of all that it talks to. */
const LINES: ReadonlyArray<readonly string[]> = [
  ["produce", "-n", "50", "--rate", "max"],
  ["consume", "--until-end", "--compression", "none"],
  ["setup-catalog", "--projection"],
  ["produce", "-n", "50", "--rate", "max"],
  ["status", "--alert", "--alert-lag", "1"],
];

/** Further ones, as by `./dev hostile`. */
const MORE_LINES: ReadonlyArray<readonly string[]> = [
  ["consume", "--until-end", "--compression", "none"],
  ["dead-letters", "replay"],
  ["maintain", "--merge"],
  ["repair"],
  ["verify", "--deep"],
  ["query", "SELECT count(*) FROM index_quotes", "--engine", "local"],
];

const IS_LONG = Deno.env.get("TEST_HOSTILE") === "1";

/** Of a table of a REST catalog, which has its files on this host's disk. */
const REST = "an Iceberg table of a REST catalog";

const FORMS: Record<string, Record<string, string>> = {
  ...IS_LONG ? { "Hive folders": {} } : {},
  "an Iceberg table": {
    TICKLAKE_TABLE_FORMAT: "iceberg",
    TICKLAKE_ICEBERG_CATALOG: "glue",
  },
  ...IS_LONG ? { [REST]: { TICKLAKE_TABLE_FORMAT: "iceberg", AWS_S3_BUCKET: "" } } : {},
};

/** Takes what is posted. */
function hook() {
  const posts: string[] = [];
  const server = Deno.serve(
    { hostname: "localhost", port: 0, onListen() {} },
    async (request) => {
      posts.push([...request.headers].join("\n") + "\n" + await request.text());
      return new Response();
    },
  );
  return { posts, port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Paths of all files below a folder. */
function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else if (isFile) yield `${folder}/${name}`;
  }
}

function checkFiles(folder: string): number {
  const files = [...filesBelow(folder)];
  for (const path of files) assert.equal(plantedInBytes(Deno.readFileSync(path)), undefined, path);
  return files.length;
}

/** What another user of the host reads of a process. */
function processList(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/cmdline`) + Deno.readTextFileSync(`/proc/${pid}/comm`);
}

/** Answers of the ports; of a stream the first second. */
async function answered(url: string, paths: readonly string[]): Promise<string> {
  const answers = await Promise.all(paths.map(async (path) => {
    const signal = AbortSignal.timeout(1500);
    let text = `${path}: `;
    try {
      const headers = {
        "X-Ticklake": "query",
        authorization: `Bearer ${SECRETS.TICKLAKE_DASHBOARD_TOKEN}`,
      };
      const response = await fetch(url + path, { signal, headers });
      text += [...response.headers].join("\n");
      for await (const part of response.body!.pipeThrough(new TextDecoderStream())) text += part;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return text;
  }));
  return answers.join("\n");
}

const HEALTH = ["/metrics", "/readyz", "/healthz"];
const PAGE = [
  "/",
  "/api/state",
  "/api/events",
  "/api/messages?partition=0",
  `/api/query?sql=${encodeURIComponent("SELECT count(*) FROM index_quotes")}`,
];

for (const [form, settings] of Object.entries(FORMS)) {
  const database = uniqueName("ticklake").replaceAll("-", "_");
  serviceTest(
    `no secret is in files, objects, catalog, posts, ports or the process list of a pipeline into ${form}`,
    {
      needs: ["aws", "binary", ...form === REST ? ["iceberg-rest" as const] : []],
      sanitizeOps: false,
      sanitizeResources: false,
    },
    async () => {
      await using aws = turncoat(passedTo(awsEnv().AWS_ENDPOINT_URL));
      await using inner = registryStub();
      await using registry = turncoat(passedTo(inner.url));
      await using rest = turncoat(passedTo(Deno.env.get("TEST_ICEBERG_REST") ?? ""));
      await using webhook = hook();
      const cwd = await Deno.makeTempDir({ prefix: "ticklake-secrets-" });
      const env: Record<string, string> = {
        ...SECRETS,
        TICKLAKE_ALERT_WEBHOOK: SECRETS.TICKLAKE_ALERT_WEBHOOK.replace(":1/", `:${webhook.port}/`),
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_ENDPOINT_URL: withUser(aws.url),
        AWS_S3_BUCKET: await withEnv(awsEnv(), newBucket),
        SCHEMA_REGISTRY_URL: registry.url,
        SCHEMA_REGISTRY_USER: REGISTRY_USER,
        TICKLAKE_MESSAGE_FORMAT: "avro",
        TICKLAKE_HOME: `${cwd}/home`,
        TICKLAKE_DATABASE: database,
        TICKLAKE_GLUE_ROLE: "arn:aws:iam::123456789012:role/quotes",
        TMPDIR: `${cwd}/tmp`,
        HOME: cwd,
        ...settings,
        ...form === REST
          ? {
            ICEBERG_REST_URI: rest.url,
            ICEBERG_REST_TOKEN: "",
            ICEBERG_REST_OAUTH2_URI: `${rest.url}/granted`,
          }
          : {},
      };
      await Deno.mkdir(env.TMPDIR);
      const said: string[] = [];
      for (const line of IS_LONG ? [...LINES, ...MORE_LINES] : LINES) {
        const { code, stdout, stderr } = await runTicklake([...line], { env, cwd, binary: true });
        said.push(`${line.join(" ")}: ${code}\n${stdout}${stderr}`);
        assert.ok(code === 0 || code === 4, said.at(-1));
        if (line[0] === "produce") await send(env, NO_ROW, 1);
      }
      await using consumer = spawnTicklake(
        ["consume", "--metrics", "0", "--flush-interval", "1s"],
        { env, cwd, binary: true },
      );
      const page = ["dashboard", "--listen", "127.0.0.1:0"];
      await using dashboard = spawnTicklake(page, { env, cwd, binary: true });
      const [, health] = await consumer.waitFor(/metrics and health at (http:[^\s"]+)/);
      const [, live] = await dashboard.waitFor(/dashboard at (http:[^\s"]+)/);
      const answers = async () => await answered(health, HEALTH) + await answered(live, PAGE);
      const before = await answers();
      assert.match(before, /"columns"[^]*ticklake_lag|ticklake_lag[^]*"columns"/);
      for (const { pid } of [consumer, dashboard]) {
        assert.equal(plantedIn(processList(pid)), undefined);
      }
      aws.turn();
      rest.turn();
      registry.turn();
      await send(env, OF_UNKNOWN_SCHEMA, 1000);
      // The consumer cannot write, and may end; the dashboard cannot list.
      let after = "";
      await until("trouble", async () => {
        after = await answered(health, HEALTH).catch(() => "ended");
        return /503|not ready|^ended$/.test(after);
      });
      await until("trouble", async () => /trouble/.test(await answered(live, ["/api/events"])));
      after += await answered(live, PAGE);
      assert.ok(after.split(REDACTED).length > 2, "no answer had a place for a secret");
      for (const text of [before, after]) assert.equal(plantedIn(text), undefined, text);
      said.push(
        ...await Promise.all([consumer, dashboard].map(async (program) => {
          const { stdout, stderr } = await program.stop();
          return stdout + stderr;
        })),
      );
      for (const text of said) assert.equal(plantedIn(text), undefined, text);
      assert.ok(webhook.posts.length > 0);
      for (const post of webhook.posts) assert.equal(plantedIn(post), undefined, post);
      assert.ok(checkFiles(cwd) > 0);
      if (form === REST) {
        await checkRestCatalog(database);
      } else {
        await checkLake(env.AWS_S3_BUCKET);
        await checkCatalog(database);
      }
      await Deno.remove(cwd, { recursive: true });
    },
  );
}

/** No Avro. */
const NO_ROW = new TextEncoder().encode("no row");

/** Of a schema that the registry is asked for: the id is 99. */
const OF_UNKNOWN_SCHEMA = new Uint8Array([0, 0, 0, 0, 99, 0]);

/** Sends messages to the embedded log. */
async function send(
  env: Record<string, string>,
  value: Uint8Array,
  count: number,
): Promise<void> {
  const { settings } = loadSettings({ flags: { home: env.TICKLAKE_HOME } });
  const broker = await openBroker(settings);
  const producer = await broker.producer({ topic: settings.topic });
  await producer.send(Array.from({ length: count }, () => ({ key: null, value })));
  await producer.close();
  await broker.close();
}

/** Every object of the bucket. */
async function checkLake(bucket: string): Promise<void> {
  await withEnv({ ...awsEnv(), AWS_S3_BUCKET: bucket }, async () => {
    const { settings } = loadSettings({ flags: {} });
    const lake = await openLake({ ...settings, prefix: "" });
    let objects = 0;
    for await (const { name } of lake.list("")) {
      assert.equal(plantedInBytes(await lake.get(name)), undefined, name);
      objects++;
    }
    assert.ok(objects > 3, `${objects} objects`);
    lake.close();
  });
}

/** Everything that Glue has of the tables. */
async function checkCatalog(database: string): Promise<void> {
  await withEnv(awsEnv(), async () => {
    const { handler, close } = requestHandler();
    const glue = new GlueClient({ requestHandler: handler });
    const { TableList } = await glue.send(new GetTablesCommand({ DatabaseName: database }));
    assert.ok(TableList!.length > 0);
    assert.equal(plantedIn(JSON.stringify(TableList)), undefined);
    glue.destroy();
    close();
  });
}

/** The table as the REST catalog has it. */
async function checkRestCatalog(database: string): Promise<void> {
  const path = `v1/namespaces/${database}/tables/index_quotes`;
  const response = await fetch(`${Deno.env.get("TEST_ICEBERG_REST")}/${path}`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.equal(plantedIn(text), undefined);
}
