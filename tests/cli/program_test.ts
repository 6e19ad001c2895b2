import assert from "node:assert/strict";
import { GROUPS } from "../../mod/config/settings.ts";
import { flagsOf } from "../../mod/cli/flags_of.ts";
import { groupsOf } from "../../mod/cli/help.ts";
import { settingTerm } from "../../mod/cli/setting_text.ts";
import { COMMANDS } from "../../mod/commands/table.ts";
import { parseLine } from "./parse_line.ts";

function flags(line: string) {
  const parsed = parseLine(line.split(" "));
  assert.ok("invocation" in parsed, line);
  return parsed.invocation.flags;
}

Deno.test("flags that were given are found by their keys, the others are absent", () => {
  assert.deepEqual(flags("produce --mode replay --rate=max -n 5 --loop"), {
    mode: "replay",
    rate: "max",
    count: "5",
    loop: true,
  });
});

Deno.test("a dash is a value: standard input", () => {
  assert.deepEqual(flags("produce --input -"), { input: "-" });
});

Deno.test("of a flag that is given twice the last one counts", () => {
  assert.deepEqual(flags("produce --topic a --topic b"), { topic: "b" });
});

Deno.test("options that all commands take may stand before the command; those after it win", () => {
  assert.deepEqual(flags("--json --home a consume"), { json: true, home: "a" });
  assert.deepEqual(flags("--home a consume --home b"), { home: "b" });
});

Deno.test("--no- takes back what the environment says", () => {
  assert.deepEqual(flags("consume --no-strict"), { strict: false });
});

Deno.test("words after the command are its arguments", () => {
  const parsed = parseLine(["query", "--json", "SELECT 1 -- one"]);
  assert.ok("invocation" in parsed);
  assert.deepEqual(parsed.invocation.args, ["SELECT 1 -- one"]);
  assert.equal(parsed.invocation.command.name, "query");
});

Deno.test("every command has a description and examples that it understands", () => {
  for (const { name, summary, description, examples } of COMMANDS) {
    assert.match(summary, /^[A-Z].+[^.]$/, name);
    assert.match(description, /\.$/, name);
    assert.ok(examples.length > 0, name);
    for (const [line] of examples) {
      const words = line.match(/ticklake (.+)/)![1].match(/"(?:\\.|[^"])*"|'[^']*'|\S+/g)!;
      const plain = words.map((word) => word.replace(/^(["'])(.*)\1$/s, "$2"));
      const parsed = parseLine(plain);
      assert.ok("invocation" in parsed, line);
      assert.equal(parsed.invocation.command.name, name);
    }
  }
});

Deno.test("-h of each command is usage, two examples and the usual options, in 25 lines of 80 columns", () => {
  for (const command of [undefined, ...COMMANDS.map(({ name }) => name)]) {
    const parsed = parseLine(command === undefined ? ["-h"] : [command, "-h"]);
    assert.ok("exitCode" in parsed && parsed.exitCode === 0);
    const lines = parsed.out.trimEnd().split("\n");
    assert.ok(lines.length <= 25, `${command}: ${lines.length} lines`);
    for (const line of lines) assert.ok(line.length <= 80, `${command}: ${line.length}: ${line}`);
    assert.match(parsed.out, /^Usage:$/m);
    if (command === undefined) continue;
    const [, examples] = /^Examples:\n((?: {2,}.*\n)+)/m.exec(parsed.out)!;
    const shown = examples.split("\n").filter((line) => /^ {2}(?:\S.* )?ticklake /.test(line));
    const { examples: all } = COMMANDS.find(({ name }) => name === command)!;
    assert.equal(shown.length, Math.min(2, all.length), `${command}: ${examples}`);
  }
});

Deno.test("what -h shows of a command is a flag of it", () => {
  for (const { name, essential = [] } of COMMANDS) {
    const flags = flagsOf(name).map(([key]) => key);
    for (const key of essential) assert.ok(flags.includes(key), `${name}: ${key}`);
  }
});

Deno.test("--help names every setting of a command once, in its group", () => {
  for (const command of COMMANDS) {
    const { out } = parseLine([command.name, "--help"]);
    for (const [group, settings] of groupsOf(command)) {
      const begin = out.indexOf(`\n${GROUPS[group]}:\n`);
      assert.ok(begin >= 0, `${command.name}: ${group}`);
      const block = out.slice(begin + 1).split("\n\n")[0];
      for (const setting of settings) {
        assert.ok(block.includes(`  ${settingTerm(setting)}`), `${command.name}: ${setting.flag}`);
      }
    }
    for (const [key, setting] of flagsOf(command.name)) {
      const mentions = out.split("\n").filter((line) =>
        `${line.trimStart()} `.startsWith(`${settingTerm(setting)} `)
      );
      assert.equal(mentions.length, 1, `${command.name}: ${key}`);
    }
  }
});

Deno.test("help NAME is that command's help, and of an unknown name an error with the one that was meant", () => {
  assert.equal(parseLine(["help", "consume"]).out, parseLine(["consume", "--help"]).out);
  assert.equal(
    parseLine(["help", "dead-letters", "replay"]).out,
    parseLine(["dead-letters", "--help"]).out,
  );
  assert.equal(parseLine(["help"]).out, parseLine(["--help"]).out);
  const { err, ...unknown } = parseLine(["help", "consum"]);
  assert.deepEqual(unknown, { exitCode: 2, out: "" });
  assert.match(err, /^error: unknown command 'consum'\n\(Did you mean consume\?\)/);
  assert.match(parseLine(["help", "nosuch"]).err, /^error: unknown command 'nosuch'\n/);
});

Deno.test("version is what --version prints", () => {
  for (const word of ["version", "--version", "-V"]) {
    assert.deepEqual(parseLine([word]), { exitCode: 0, out: "1.2.3\n", err: "" });
  }
});

Deno.test("no word at all is an error, and says what there is", () => {
  const { err, ...rest } = parseLine([]);
  assert.deepEqual(rest, { exitCode: 2, out: "" });
  assert.match(err, /^Carries .*\n\nUsage:\n/);
});
