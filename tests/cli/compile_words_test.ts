import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

Deno.test("./dev compile says in words that the runtime cannot be fetched", async () => {
  const folder = await Deno.makeTempDir();
  // No host answers at a proxy where nobody listens, and nothing is cached in an empty home.
  const { code, stderr } = await new Deno.Command(`${REPOSITORY}/dev`, {
    args: ["compile", `--output=${folder}/ticklake`, "--target=aarch64-apple-darwin"],
    clearEnv: true,
    env: {
      ...Object.fromEntries(
        ["PATH", "HOME", "DENO_DIR"].flatMap((name) => {
          const value = Deno.env.get(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      HTTPS_PROXY: "http://127.0.0.1:9",
      RUST_BACKTRACE: "1",
    },
    stdout: "null",
  }).output();
  await Deno.remove(folder, { recursive: true });
  const text = new TextDecoder().decode(stderr);
  if (code === 0) return; // The runtime of that target is in the cache already.
  assert.doesNotMatch(text, /Stack backtrace|^ {4}at /m);
  assert.match(
    text,
    /error: the runtime .*denort.* cannot be downloaded\b[^]*\n {2}fix: .*DENORT_BIN/,
  );
});
