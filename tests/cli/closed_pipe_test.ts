import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

/** Runs ticklake in a pipe whose reader ends after a line; gives its exit code and standard error. */
async function piped(args: string): Promise<{ code: number; stderr: string; line: string }> {
  const flags =
    "run --quiet --no-prompt --allow-net --allow-env --allow-read --allow-write --allow-sys";
  const program =
    `'${Deno.execPath()}' ${flags} --config '${REPOSITORY}/deno.json' '${REPOSITORY}/main.ts'`;
  const folder = await Deno.makeTempDir();
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${program} ${args} | { read -r line; echo "$line"; }; echo "\${PIPESTATUS[0]}"`],
    cwd: folder,
    stdin: "null",
  }).output();
  await Deno.remove(folder, { recursive: true });
  const text = new TextDecoder();
  const [line, code] = text.decode(stdout).split("\n");
  return { line, code: Number(code), stderr: text.decode(stderr) };
}

for (const args of ["config", "config --reference", "completions fish", "--help"]) {
  Deno.test(`a reader that has seen enough ends \`ticklake ${args}\` quietly`, async () => {
    const { code, stderr, line } = await piped(args);
    assert.notEqual(line, "");
    assert.deepEqual([code, stderr], [0, ""]);
  });
}
