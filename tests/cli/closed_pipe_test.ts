import assert from "node:assert/strict";
import { runTicklake } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

/**
 * Runs ticklake in a pipe whose reader ends after a line; gives its exit code and standard error.
 * @param cwd its current directory; without it a fresh one
 */
async function piped(
  args: string,
  cwd?: string,
): Promise<{ code: number; stderr: string; line: string }> {
  const flags =
    "run --quiet --no-prompt --allow-net --allow-env --allow-read --allow-write --allow-sys";
  const program =
    `'${Deno.execPath()}' ${flags} --config '${REPOSITORY}/deno.json' '${REPOSITORY}/main.ts'`;
  const folder = cwd ?? await Deno.makeTempDir();
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${program} ${args} | { read -r line; echo "$line"; }; echo "\${PIPESTATUS[0]}"`],
    cwd: folder,
    stdin: "null",
  }).output();
  if (cwd === undefined) await Deno.remove(folder, { recursive: true });
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

Deno.test("a reader that has seen enough of `consume --watch` ends it quietly, and what was read is written", async () => {
  const cwd = await Deno.makeTempDir();
  const verified = async () => {
    const { code, stdout, stderr } = await runTicklake(["verify", "--deep", "--json"], { cwd });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).found;
  };
  const produce = ["produce", "--mode", "replay", "--rate", "max"];
  assert.equal((await runTicklake(produce, { cwd })).code, 0);
  const watch = "consume --watch --log-level error --flush-interval 1h";
  const { code, stderr, line } = await piped(watch, cwd);
  assert.match(line, /^partition=\d offset=0 Index=/);
  assert.match(stderr, /^consuming topic index-quotes on .+\n$/, "no more than what it does");
  assert.equal(code, 0);
  const first = await verified();
  assert.ok(first > 0);
  const { stdout } = await runTicklake(["consume", "--until-end", "--json"], { cwd });
  const { written, rejected } = JSON.parse(stdout);
  const shipped = await Deno.readTextFile(`${REPOSITORY}/data/indexProcessed.csv`);
  const rows = shipped.trimEnd().split("\n").length - 1;
  assert.deepEqual([first + written, rejected], [rows, 0]);
  assert.equal(await verified(), rows);
  await Deno.remove(cwd, { recursive: true });
});
