import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { EXIT_CODES } from "../../mod/failure/failure.ts";
import { runTicklake } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

Deno.test("--help goes to standard output, with the commands and the exit codes; exit 0", async () => {
  const { code, stdout, stderr } = await runTicklake(["--help"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const text = stdout.replace(/\s+/g, " ");
  for (const { name, summary } of COMMANDS) assert.match(text, new RegExp(`${name} ${summary}`));
  assert.match(stdout, /Exit codes:\n {2}0 {2}done/);
});

Deno.test("a command's --help lists its options, their names in the environment and examples", async () => {
  const { code, stdout, stderr } = await runTicklake(["consume", "--help"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const text = stdout.replace(/\s+/g, " ");
  assert.match(text, /--flush-interval <duration> .+default 1m; TICKLAKE_FLUSH_INTERVAL/);
  assert.match(text, /--format <parquet\|jsonl> .+default parquet; TICKLAKE_FORMAT/);
  assert.match(text, /Examples: ticklake consume/);
});

Deno.test("the exit codes of the help are those of the program, in every command's help", async () => {
  for (const args of [["--help"], ...COMMANDS.map(({ name }) => [name, "--help"])]) {
    const { stdout } = await runTicklake(args);
    const table = stdout.slice(stdout.indexOf("\nExit codes:\n")).replace(/\s+/g, " ");
    for (
      const [code, meaning] of [
        [0, "done"],
        [EXIT_CODES.failed, "failed"],
        [EXIT_CODES.usage, "wrong usage or settings"],
        [EXIT_CODES.service, "a service could not be reached, or refused"],
        [EXIT_CODES.rejected, "data was rejected (--strict), or could not be verified (verify)"],
      ]
    ) assert.ok(table.includes(` ${code} ${meaning}`), `${args.join(" ")}: ${table}`);
  }
});

Deno.test("--version prints the version alone", async () => {
  const { code, stdout, stderr } = await runTicklake(["--version"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

const WRONG: Array<[args: string[], message: RegExp]> = [
  [[], /^Carries .+\n\nUsage:\n {2}ticklake/],
  [["sing"], /^error: unknown command 'sing'\n`ticklake --help` lists the commands/],
  [["produce", "--topics", "x"], /^error: unknown option '--topics'\n\(Did you mean --topic\?\)/],
  [["produce", "--topic"], /^error: option '--topic <name>' argument missing/],
  [["verify", "quotes"], /^error: too many arguments for 'verify'/],
  [["produce", "--interval", "5"], /^error: --interval: expected a duration such as 500ms/],
  [["consume", "--env-file", "absent"], /^error: absent cannot be read.+\n {2}fix: Name a file/],
];

for (const [args, message] of WRONG) {
  Deno.test(`wrong usage ends with exit code 2: ticklake ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await runTicklake(args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}

Deno.test("a wrong value in .env ends with exit code 2 and names the file", async () => {
  const cwd = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${cwd}/.env`, "TICKLAKE_FLUSH_ROWS=many\n");
  const { code, stderr } = await runTicklake(["config"], { cwd });
  Deno.removeSync(cwd, { recursive: true });
  assert.equal(code, 2);
  assert.equal(
    stderr,
    'error: TICKLAKE_FLUSH_ROWS in .env: expected a whole number, 1 or more, found "many"\n',
  );
});

Deno.test("a reader that is gone ends the program quietly", async () => {
  const script = `(sleep 0.2; "$@"; echo "exit $?" >&2) | true`;
  const { stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "-", `${REPOSITORY}/dev`, "ticklake", "config"],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "exit 0\n");
});

Deno.test("nobody reading the notes does not end the program", async () => {
  const script = `{ (sleep 0.2; "$@" 2>&1 >&3) | true; } 3>&1`;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "-", `${REPOSITORY}/dev`, "ticklake", "config"],
    env: { TICKLAKE_FORMATS: "gives a warning" },
  }).output();
  assert.match(new TextDecoder().decode(stdout), /^--json .+\nTICKLAKE_LOG_FORMAT/);
});
