import assert from "node:assert/strict";
import { byName, highestCloses, SHIPPED } from "../docs/shipped_quotes.ts";
import { propertiesOf, snippet, statementsOf } from "../docs/snippet.ts";
import { newBucket, withEnv } from "../lake/s3_bucket.ts";
import { realS3Env, runTicklake, serviceTest, uniqueName } from "../services/services.ts";
import { REPOSITORY, runTool } from "../services/tools_folder.ts";
import {
  askTrino,
  createCatalog,
  dropCatalog,
  s3Properties,
} from "../services/trino/trino_client.ts";

const PAGE = "docs/iceberg.md";

/** Quotes in an Iceberg table. */
async function consumed(env: Record<string, string>, home: string): Promise<void> {
  for (
    const words of [["produce", "--mode", "replay", "--rate", "max"], ["consume", "--until-end"]]
  ) {
    const { code, stderr } = await runTicklake([...words, "--home", home], {
      env: { TICKLAKE_TABLE_FORMAT: "iceberg", ...env },
    });
    assert.equal(code, 0, stderr);
  }
}

serviceTest(
  "docs/iceberg.md: Trino's catalog and statements work on a table of consume",
  { needs: ["trino", "real-s3", "iceberg-rest"], sanitizeOps: false, sanitizeResources: false },
  async () => {
    const home = await Deno.makeTempDir();
    const name = uniqueName("lake").replaceAll("-", "_");
    const rest = Deno.env.get("TEST_ICEBERG_REST")!;
    const page = snippet(PAGE, "properties", "iceberg.rest-catalog.uri");
    const { "connector.name": connector, ...properties } = propertiesOf(page);
    properties["iceberg.rest-catalog.uri"] = rest;
    await createCatalog(name, connector, { ...properties, ...s3Properties(realS3Env()) });
    try {
      const bucket = await withEnv(realS3Env(), newBucket);
      const place = { AWS_S3_BUCKET: bucket, ICEBERG_REST_URI: rest, TICKLAKE_DATABASE: name };
      await consumed({ ...realS3Env(), ...place }, home);
      const sql = snippet(PAGE, "sql", "-- Trino");
      const statements = statementsOf(sql.replaceAll("lake.ticklake", `${name}.${name}`));
      const answers = [];
      for (const sql of statements) answers.push((await askTrino(sql)).rows);
      assert.deepEqual(byName(answers[0]), highestCloses());
      const records = answers[1].reduce((sum, [, count]) => sum + Number(count), 0);
      assert.equal(records, SHIPPED.length);
      const [[count]] = (await askTrino(`SELECT count(*) FROM ${name}.${name}.index_quotes`)).rows;
      assert.equal(count, SHIPPED.length, "after OPTIMIZE");
      // Trino is the engine behind Athena; OPTIMIZE is Athena's own.
      const [query] = statementsOf(snippet(PAGE, "sql", "-- Athena"));
      const { rows } = await askTrino(query.replace("ticklake.", `${name}.${name}.`));
      assert.deepEqual(byName(rows), highestCloses());
    } finally {
      await dropCatalog(name);
      await Deno.remove(home, { recursive: true });
    }
  },
);

serviceTest(
  "docs/iceberg.md: pyiceberg and DuckDB read a table of consume by its metadata file",
  { needs: ["iceberg-readers"] },
  async () => {
    const home = await Deno.makeTempDir();
    try {
      await consumed({}, home);
      const folder = `${home}/lake/index_quotes/metadata`;
      const version = await Deno.readTextFile(`${folder}/version-hint.text`);
      const here = (text: string) =>
        text.replace(/["']\/home\/me\/[^"']*["']/, `'${folder}/v${version}.metadata.json'`);
      const python = (script: string) =>
        runTool(Deno.env.get("TEST_ICEBERG_PYTHON")!, ["-c", script]);
      const found = here(snippet(PAGE, "python", "pyiceberg")).replace(
        /^print\((.*)\)$/m,
        "rows = $1; print(rows.num_rows, max(rows['date'].to_pylist()))",
      );
      const wanted = SHIPPED.filter(([index]) => index === "NYA");
      const [newest] = wanted.map(([, date]) => date).sort().slice(-1);
      assert.equal(await python(found), `${wanted.length} ${newest}`);
      // The extension of PyPI's package stands for the one that INSTALL fetches.
      const statements = here(snippet(PAGE, "sql", "-- DuckDB")).replace(
        "INSTALL iceberg; LOAD iceberg;",
        "",
      );
      const script = `
import sys
sys.path.insert(0, ${JSON.stringify(`${REPOSITORY}/tests/table/iceberg`)})
from read_table import open_duckdb
print(open_duckdb().execute(${JSON.stringify(statements)}).fetchone()[0])`;
      assert.equal(await python(script), String(SHIPPED.length));
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);
