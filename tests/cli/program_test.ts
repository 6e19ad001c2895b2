import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { parseLine } from "../../mod/cli/program.ts";

function flags(line: string) {
  const parsed = parseLine(line.split(" "), "1.2.3", COMMANDS);
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
  const parsed = parseLine(["query", "--json", "SELECT 1 -- one"], "1.2.3", COMMANDS);
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
      const parsed = parseLine(plain, "1.2.3", COMMANDS);
      assert.ok("invocation" in parsed, line);
      assert.equal(parsed.invocation.command.name, name);
    }
  }
});
