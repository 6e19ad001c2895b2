import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { realS3Env, runTicklake, serviceTest, spawnTicklake } from "../services/services.ts";

/** Command lines in a folder where nothing is yet: of these none makes a log or a lake. */
const LINES = [
  "setup-catalog",
  "setup-catalog --table-format iceberg",
  "query --example monthly-candles",
  "query --example",
  "verify",
  "verify --table-format iceberg",
  "status",
  "status --table-format iceberg",
  "doctor",
  "doctor --table-format iceberg",
  "topic list",
  "topic show",
  "topic read -n 1",
  "dead-letters",
  "dead-letters show",
  "dead-letters export",
  "dead-letters replay",
  "dead-letters replay --table-format iceberg",
  "reset --to lake",
  "reset --to latest --dry-run",
  "reset --to earliest --rewrite",
  "reset --to lake --table-format iceberg",
  "maintain",
  "maintain --merge",
  "maintain --table-format iceberg",
  "repair",
  "repair --dry-run",
  "repair --log",
  "repair --table-format iceberg",
  "schema",
  "schema infer nosuch.csv",
  "config",
  "completions bash",
];

async function withEmptyFolder(body: (cwd: string) => Promise<void>): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "ticklake-nothing-" });
  try {
    await body(cwd);
    assert.deepEqual([...Deno.readDirSync(cwd)].map(({ name }) => name), []);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

for (const line of LINES) {
  Deno.test(`\`ticklake ${line}\` leaves nothing behind where nothing is`, () =>
    withEmptyFolder(async (cwd) => {
      const { code, stderr } = await runTicklake(line.split(" "), { cwd });
      assert.ok(code <= 4, stderr);
      assert.doesNotMatch(stderr, /This is a defect/);
    }));
}

Deno.test("a dashboard where nothing is leaves nothing behind", () =>
  withEmptyFolder(async (cwd) => {
    await using dashboard = spawnTicklake(["dashboard", "--listen", "127.0.0.1:0"], { cwd });
    await dashboard.waitFor(/dashboard at http/);
    const { code, stderr } = await dashboard.stop();
    assert.equal(code, 0, stderr);
  }));

serviceTest(
  "a lake in S3 is queried from an empty folder: its copy goes to the user's cache, or to a home that is there",
  { needs: ["real-s3", "binary"] },
  async () => {
    const home = await Deno.makeTempDir({ prefix: "ticklake-nothing-" });
    const AWS_S3_BUCKET = await withEnv(realS3Env(), newBucket);
    const env = { ...realS3Env(), AWS_S3_BUCKET, XDG_CACHE_HOME: `${home}/cache` };
    const filled = await Deno.makeTempDir({ prefix: "ticklake-nothing-" });
    const ask = async (cwd: string) => {
      const sql = "SELECT count(*) AS n FROM index_quotes";
      const words = ["query", "--engine", "local", "--json", sql];
      const { code, stdout, stderr } = await runTicklake(words, { cwd, env, binary: true });
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), [{ n: 20 }]);
    };
    const catalogs = (folder: string) =>
      [...Deno.readDirSync(folder)].map(({ name }) => name)
        .filter((name) => /^catalog-.*\.sqlite$/.test(name));
    try {
      await runTicklake(["produce", "--rate", "max", "--count", "20"], {
        cwd: filled,
        env,
        binary: true,
      });
      await runTicklake(["consume", "--until-end"], { cwd: filled, env, binary: true });
      await withEmptyFolder(ask);
      assert.equal(catalogs(`${home}/cache/ticklake`).length, 1);
      assert.equal(Deno.statSync(`${home}/cache/ticklake`).mode! & 0o777, 0o700);
      await ask(filled);
      assert.equal(catalogs(`${filled}/.ticklake`).length, 1);
    } finally {
      for (const folder of [home, filled]) await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("`produce` and `consume` alone make something, and every other command is looked at", () => {
  const makers = ["produce", "consume"];
  // The demo's folder is a temporary one: demo_test.ts.
  const looked = new Set([...LINES.map((line) => line.split(" ")[0]), "dashboard", "demo"]);
  assert.deepEqual(
    COMMANDS.map(({ name }) => name).filter((name) => !looked.has(name)),
    makers,
  );
});
