import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { runTicklake, spawnTicklake } from "../services/services.ts";

/** Words after each command, in an order in which one finds what the one before has made. */
const RUNS: Array<[command: string, ...args: string[]]> = [
  ["produce", "-n", "5", "--rate", "max"],
  ["consume", "--until-end"],
  ["setup-catalog"],
  ["setup-catalog", "--print-policy"],
  ["query", "SELECT * FROM index_quotes"],
  ["query", "--example"],
  ["query", "--example", "gaps"],
  ["verify"],
  ["maintain"],
  ["status"],
  ["topic", "list"],
  ["topic", "show"],
  ["topic", "read", "-n", "1"],
  ["dead-letters", "list"],
  ["reset", "--to", "lake"],
  ["repair"],
  ["doctor"],
  ["demo"],
  ["schema"],
  ["completions", "bash"],
  ["config"],
  ["config", "--reference"],
];

Deno.test("with --json standard output is one JSON document, whatever the command", async () => {
  const cwd = await Deno.makeTempDir();
  const env = { TMPDIR: cwd };
  for (const args of RUNS) {
    const { code, stdout, stderr } = await runTicklake([...args, "--json"], { cwd, env });
    assert.equal(code, 0, stderr);
    assert.equal(typeof JSON.parse(stdout), "object", args.join(" "));
    assert.ok(stdout.endsWith("\n") && !stdout.includes("\x1b"), args.join(" "));
  }
  await Deno.remove(cwd, { recursive: true });
  const tried = new Set([...RUNS.map(([command]) => command), "dashboard"]);
  assert.deepEqual(COMMANDS.map(({ name }) => name).filter((name) => !tried.has(name)), []);
});

Deno.test("with --json a stream is a JSON document a line: rows, then the summary", async () => {
  const cwd = await Deno.makeTempDir();
  await runTicklake(["produce", "-n", "5", "--rate", "max"], { cwd });
  const { stdout } = await runTicklake(["consume", "--watch", "--until-end", "--json"], { cwd });
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, 6);
  assert.ok(lines.slice(0, 5).every(({ Index, offset }) => Index && offset >= 0));
  assert.equal(lines[5].written, 5);
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("with --json the dashboard says where it is in JSON", async () => {
  await using dashboard = spawnTicklake(["dashboard", "--listen", "127.0.0.1:0", "--json"]);
  const [line] = await dashboard.waitFor(/^\{.*\}$/m);
  assert.match(JSON.parse(line).url, /^http:\/\/127\.0\.0\.1:\d+/);
});
