import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import type { CommandName } from "../../mod/config/settings.ts";
import { serviceTest } from "../services/services.ts";

const BINARY = { needs: ["binary"] } as const;

/** A command line of each command, in the order in which they follow one another, and its exit code. */
const LINES: ReadonlyArray<readonly [line: string, code: number]> = [
  ["produce --mode replay --rate max --json", 0],
  ["consume --until-end --json", 0],
  ["produce --home watched-$READER --mode replay --rate max --json", 0],
  ["consume --home watched-$READER --watch", 0],
  ["setup-catalog", 0],
  ["query 'SELECT * FROM index_quotes'", 0],
  ["query 'SELECT nosuch FROM index_quotes'", 2],
  ["query --example", 0],
  ["verify", 0],
  ["verify --topic nosuch", 3],
  ["status", 0],
  ["status --nosuch", 2],
  ["doctor", 0],
  ["doctor --schema nosuch.json", 2],
  ["topic list", 0],
  ["topic read -n 100", 0],
  ["topic show", 0],
  ["schema show", 0],
  ["dead-letters list", 0],
  ["dead-letters replay --dry-run", 0],
  ["reset --to lake --dry-run", 0],
  ["maintain", 0],
  ["repair", 0],
  ["demo", 0],
  ["completions bash", 0],
  ["config", 0],
  ["config --reference", 0],
];

/** Commands that go on when nobody reads what they print: they serve. */
const SERVERS: readonly CommandName[] = ["dashboard"];

/** Runs a line of the binary with its standard output into `reader`, and again with standard error too. */
async function piped(line: string, reader: string, cwd: string) {
  const script = `timeout 60 "$TEST_BINARY" ${line} | ${reader}; echo "code \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script],
    cwd,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH")!,
      HOME: cwd,
      TEST_BINARY: Deno.env.get("TEST_BINARY")!,
      READER: reader.slice(0, 4),
    },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const code = /code (\d+)\n$/.exec(text.decode(stdout));
  return { code: Number(code![1]), stderr: text.decode(stderr) };
}

function quiet(stderr: string, line: string): void {
  assert.doesNotMatch(stderr, /BrokenPipe|Uncaught|This is a defect|^ {4}at /m, line);
}

serviceTest("help of every command ends with 0 when its reader has gone", BINARY, async () => {
  const cwd = await Deno.makeTempDir();
  const lines = ["-h", "--help", "help", "version", "--version"].concat(
    COMMANDS.flatMap(({ name }) => [`${name} -h`, `${name} --help`]),
  );
  for (const [n, line] of lines.entries()) {
    const { code, stderr } = await piped(line, n % 2 === 0 ? "true" : "head -1", cwd);
    assert.deepEqual([line, code, stderr], [line, 0, ""]);
  }
  await Deno.remove(cwd, { recursive: true });
});

serviceTest(
  "every command ends with its own exit code when its reader has gone",
  BINARY,
  async () => {
    const cwd = await Deno.makeTempDir();
    const piping = new Set<string>(SERVERS);
    for (const [line, expected] of LINES) {
      for (const reader of ["true", "head -1"]) {
        const { code, stderr } = await piped(line, reader, cwd);
        quiet(stderr, line);
        assert.deepEqual([line, reader, code], [line, reader, expected], stderr);
      }
      piping.add(line.split(" ")[0]);
    }
    assert.deepEqual(COMMANDS.map(({ name }) => name).filter((name) => !piping.has(name)), []);
    await Deno.remove(cwd, { recursive: true });
  },
);

serviceTest("wrong usage ends with 2 when nobody reads standard error", BINARY, async () => {
  const cwd = await Deno.makeTempDir();
  for (const line of ["nosuch", "help nosuch", "produce --nosuch", "consume --flush-rows x"]) {
    const { code } = await piped(`${line} 2>&1`, "true", cwd);
    assert.deepEqual([line, code], [line, 2]);
  }
  await Deno.remove(cwd, { recursive: true });
});
