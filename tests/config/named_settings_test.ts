import assert from "node:assert/strict";
import { ALL_SETTINGS } from "../../mod/config/settings.ts";

/** Texts of the program and its documentation, by path. */
async function* texts(folder: URL): AsyncIterable<[string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(name + (isDirectory ? "/" : ""), folder);
    if (isDirectory) yield* texts(url);
    else if (/\.(?:ts|md)$/.test(name)) yield [url.pathname, await Deno.readTextFile(url)];
  }
}

/** Environment names that look like settings; `AWS_` alone is the SDK's. */
const NAMED =
  /(?<![\w$])(?:AWS_S3|ICEBERG_REST|KAFKA|SCHEMA_REGISTRY|TICKLAKE)_[A-Z0-9_]*[A-Z0-9]\b/g;

/** A misspelling that is recognized, and a variable of Kafka's own scripts. */
const NO_SETTINGS = ["KAFKA_BROKERS", "KAFKA_HEAP_OPTS"];

Deno.test("each setting that an error, a comment or a page names is one", async () => {
  const settings = ALL_SETTINGS.flatMap(([, { env, fileEnv }]) => [env, fileEnv]);
  const known = new Set([...settings, ...NO_SETTINGS]);
  const unknown: string[] = [];
  let named = 0;
  for (const folder of ["mod", "docs"]) {
    for await (const [path, text] of texts(new URL(`../../${folder}/`, import.meta.url))) {
      for (const [name] of text.matchAll(NAMED)) {
        named++;
        if (!known.has(name)) unknown.push(`${path}: ${name}`);
      }
    }
  }
  assert.ok(named > 200, `only ${named}`);
  assert.deepEqual(unknown, []);
});
