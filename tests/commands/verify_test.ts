import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";

/** A home with 4,000 rows in the lake. */
async function filledHome(): Promise<string> {
  const home = await Deno.makeTempDir({ prefix: "ticklake-verify-" });
  const produced = await runTicklake(
    ["produce", "--home", home, "--mode", "replay", "--rate", "max", "-n", "4000"],
  );
  assert.equal(produced.code, 0, produced.stderr);
  const consumed = await runTicklake(
    ["consume", "--home", home, "--until-end", "--flush-rows", "500"],
  );
  assert.equal(consumed.code, 0, consumed.stderr);
  return home;
}

function objectsOf(home: string): string[] {
  const [{ name: dt }] = [...Deno.readDirSync(`${home}/lake/index_quotes`)];
  const folder = `${home}/lake/index_quotes/${dt}`;
  return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`).sort();
}

Deno.test("verify ends with 0 where all is there once, and with 4 naming the first ranges where not", async () => {
  const home = await filledHome();
  try {
    for (const words of [["verify"], ["verify", "--deep"]]) {
      const { code, stdout } = await runTicklake([...words, "--home", home, "--json"]);
      assert.equal(code, 0);
      const { ok, expected, found, missing, duplicate } = JSON.parse(stdout);
      assert.deepEqual({ ok, expected, found, missing, duplicate }, {
        ok: true,
        expected: 4000,
        found: 4000,
        missing: 0,
        duplicate: 0,
      });
    }
    const [object] = objectsOf(home);
    await Deno.remove(object);
    const { code, stdout, stderr } = await runTicklake(["verify", "--home", home]);
    assert.equal(code, 4);
    assert.match(stdout, /^NOT OK: 4,000 offsets expected, 3,500 found, 500 missing/m);
    assert.match(stderr, /error: partition \d, offsets 0 to 499: not in the lake/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("verify of a topic that does not exist says so", async () => {
  const { code, stderr } = await runTicklake(["verify"]);
  assert.equal(code, 3);
  assert.match(stderr, /error: topic index-quotes does not exist/);
});
