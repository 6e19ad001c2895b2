import assert from "node:assert/strict";
import { runTicklake } from "../../services/services.ts";

const ROWS = 2000;

Deno.test("rows of a commit that another program has replaced are read again from the topic", async () => {
  const home = await Deno.makeTempDir();
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await runTicklake([...words, "--home", home, "--json"], {
      env: { TICKLAKE_TABLE_FORMAT: "iceberg" },
    });
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout);
  };
  const consume = async () => {
    await run("produce", "--mode", "replay", "--rate", "max", "--count", `${ROWS}`);
    await run("consume", "--until-end");
  };
  try {
    await consume();
    await consume();
    // As Spark's Hadoop catalog does, whose rename replaces a version that is there already.
    const metadata = `${home}/lake/index_quotes/metadata`;
    const version = Number(await Deno.readTextFile(`${metadata}/version-hint.text`));
    await Deno.copyFile(`${metadata}/v${version - 1}.metadata.json`, `${metadata}/spark.json`);
    await Deno.rename(`${metadata}/spark.json`, `${metadata}/v${version}.metadata.json`);
    assert.ok((await run("consume", "--until-end")).written > 0);
    const { ok, found, missing, duplicate } = await run("verify", "--deep");
    const wanted = { ok: true, found: 2 * ROWS, missing: 0, duplicate: 0 };
    assert.deepEqual({ ok, found, missing, duplicate }, wanted);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
