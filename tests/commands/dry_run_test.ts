import assert from "node:assert/strict";
import { GetDatabaseCommand, GlueClient } from "@aws-sdk/client-glue";
import { RestCatalog } from "../../mod/table/iceberg/catalogs/rest.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { awsEnv, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { type ConsumePlace, quotes, withEmbedded } from "./consume_place.ts";

const DRY_RUNS = [
  ["setup-catalog"],
  ["repair"],
  ["reset", "--to", "earliest", "--rewrite"],
  ["maintain", "--merge"],
  ["dead-letters", "replay"],
];

const MIGRATE = ["setup-catalog", "--migrate"];

/** Every file below a folder, with its bytes as text. */
async function filesBelow(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const walk = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      const inner = `${path}/${name}`;
      // Readers of the embedded log write to these.
      if (/\.sqlite(-shm|-wal|\.lock)?$/.test(name)) files.set(inner, "");
      else if (isDirectory) await walk(inner);
      else files.set(inner, (await Deno.readFile(inner)).toHex());
    }
  };
  await walk(folder);
  return files;
}

async function dryRun(
  { cwd, env }: Pick<ConsumePlace, "cwd" | "env">,
  command: readonly string[],
  format: string,
) {
  const args = [...command, "--dry-run", "--table-format", format];
  const { code, stdout, stderr } = await runTicklake(args, { cwd, env });
  // There may be no topic, no table or nothing to do; a defect has another code.
  assert.ok([0, 1, 2, 3, 4].includes(code), stderr);
  assert.doesNotMatch(stderr, /a defect|a dry run was about to/, args.join(" "));
  return { code, stdout, stderr };
}

for (const format of ["hive", "iceberg"]) {
  const commands = format === "iceberg" ? [...DRY_RUNS, MIGRATE] : DRY_RUNS;
  Deno.test(`a dry run where there is nothing leaves nothing (${format})`, async () => {
    for (const command of commands) {
      await withEmbedded(async (place) => {
        const { stdout } = await dryRun(place, command, format);
        if (format === "iceberg") assert.doesNotMatch(stdout, /no small files to merge/);
        assert.deepEqual([...Deno.readDirSync(place.cwd)], [], command.join(" "));
      });
    }
  });

  Deno.test(`a dry run with a topic and no table leaves no table (${format})`, async () => {
    await withEmbedded(async (place) => {
      await place.send(quotes(5));
      for (const command of commands) {
        await dryRun(place, command, format);
        const files = [...(await filesBelow(place.cwd)).keys()];
        assert.deepEqual(files.filter((name) => !name.includes("log.sqlite")), [], command.join());
      }
    });
  });

  Deno.test(`a dry run changes no file of a table, also of release 0.1.0 (${format})`, async () => {
    await withEmbedded(async (place) => {
      await place.send([...quotes(30), { key: "b", value: "no row" }]);
      await place.toEnd("--flush-rows", "10", "--table-format", format);
      const check = async () => {
        const before = await filesBelow(place.cwd);
        for (const command of commands) {
          const { code, stderr } = await dryRun(place, command, format);
          if (command !== MIGRATE && command[0] !== "maintain") assert.equal(code, 0, stderr);
          assert.deepEqual(await filesBelow(place.cwd), before, command.join(" "));
        }
      };
      await check();
      if (format === "iceberg") return;
      // Names of 0.1.0 have no key, and it kept no record.
      for (const name of await place.objects()) {
        await place.put(name.replace(/-[0-9a-f]{12}\./, "."), await place.bytes(name));
        await place.remove(name);
      }
      await Deno.remove(`${place.cwd}/.ticklake/lake/_ticklake`, { recursive: true });
      await check();
    });
  });
}

serviceTest("a dry run creates no table in a REST catalog", {
  needs: ["iceberg-rest"],
  sanitizeOps: false,
  sanitizeResources: false,
}, () =>
  withEmbedded(async (place) => {
    await place.send(quotes(5));
    const uri = Deno.env.get("TEST_ICEBERG_REST")!;
    const namespace = uniqueName("lake").replaceAll("-", "_");
    const env = { ...place.env, ICEBERG_REST_URI: uri, TICKLAKE_DATABASE: namespace };
    for (const command of DRY_RUNS) await dryRun({ cwd: place.cwd, env }, command, "iceberg");
    const catalog = new RestCatalog({ uri, namespace, table: "index_quotes" });
    assert.equal(await catalog.load(), undefined);
    catalog.close();
  }));

serviceTest("a dry run creates neither a table nor a database in Glue", {
  needs: ["aws"],
  sanitizeOps: false,
  sanitizeResources: false,
}, () =>
  withEmbedded(async (place) => {
    await place.send(quotes(5));
    const AWS_S3_BUCKET = await withEnv(awsEnv(), newBucket);
    const database = uniqueName("lake").replaceAll("-", "_");
    const glue = { TICKLAKE_ICEBERG_CATALOG: "glue", TICKLAKE_DATABASE: database };
    const env = { ...place.env, ...awsEnv(), ...glue, AWS_S3_BUCKET };
    for (const command of DRY_RUNS) {
      const { stderr } = await dryRun({ cwd: place.cwd, env }, command, "iceberg");
      if (command[0] === "maintain") assert.match(stderr, /on AWS, Glue's table optimizers/);
    }
    await withEnv(awsEnv(), async () => {
      const client = new GlueClient();
      await assert.rejects(client.send(new GetDatabaseCommand({ Name: database })), /not found/i);
      client.destroy();
    });
  }));
