import assert from "node:assert/strict";
import { COMMANDS } from "../../mod/commands/table.ts";
import { completedCommands, globalFlags, type Shell, SHELLS } from "../../mod/cli/completions.ts";
import { bashCompletions } from "../../mod/cli/completions_bash.ts";
import { fishCompletions } from "../../mod/cli/completions_fish.ts";
import { zshCompletions } from "../../mod/cli/completions_zsh.ts";
import { missingProgram, skippableTest } from "../services/skippable.ts";
import { runTicklake } from "../services/services.ts";

const WRITERS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

/** Runs a script in a shell that has our completions in $SCRIPT, and gives its output. */
async function inShell(shell: Shell, args: string[], env: Record<string, string> = {}) {
  const folder = await Deno.makeTempDir({ prefix: "ticklake-completions-" });
  const SCRIPT = `${folder}/ticklake.${shell}`;
  const script = WRITERS[shell](completedCommands(COMMANDS), globalFlags());
  await Deno.writeTextFile(SCRIPT, script);
  await Deno.writeTextFile(`${folder}/quotes.csv`, "");
  const { success, stdout, stderr } = await new Deno.Command(shell, {
    args,
    cwd: folder,
    env: { SCRIPT, HOME: folder, ...env },
    stdin: "null",
  }).output();
  await Deno.remove(folder, { recursive: true });
  const text = new TextDecoder().decode(stdout);
  assert.ok(success, text + new TextDecoder().decode(stderr));
  return text;
}

/** A test that needs a shell; where it is missing it is skipped, but not in CI. */
function shellTest(shell: Shell, name: string, fn: () => Promise<void>): void {
  skippableTest({ name, fn, missing: missingProgram(shell) });
}

/** What bash offers for the last of these words. */
async function inBash(...words: string[]): Promise<string[]> {
  const body = `source "$SCRIPT"; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _ticklake
    [ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ["--noprofile", "--norc", "-c", body, "bash", "ticklake", ...words];
  return (await inShell("bash", args)).split("\n").filter((line) => line !== "");
}

/** What fish offers at the end of a line. */
async function inFish(line: string): Promise<string[]> {
  const text = await inShell("fish", ["-N", "-c", "source $SCRIPT; complete -C $LINE"], {
    LINE: line,
  });
  return text.split("\n").filter((line) => line !== "").map((line) => line.split("\t")[0]);
}

/** What becomes of a line that is typed into zsh, `\t` standing for the tab key. */
async function inZsh(line: string): Promise<string> {
  const body = `
    zmodload zsh/zpty
    zpty -b shell zsh -f -i
    zpty -w shell 'PS1=; stty columns 300; autoload -Uz compinit; compinit -u -D; source $SCRIPT; ticklake() { print "RAN" $#: $@ }; print SET; print UP'
    zpty -r -m shell seen $'*SET\\r\\nUP*'
    zpty -n -w shell "$LINE"$'\\n'
    zpty -r -m shell seen $'*RAN [0-9]##: *\\n*'
    print -r -- "$seen"`;
  const text = await inShell("zsh", ["-f", "-o", "extendedglob", "-c", body], { LINE: line });
  const [, ran] = /RAN \d+: (.*?)\r?\n/.exec(text) ?? [];
  assert.notEqual(ran, undefined, text);
  return ran.trim();
}

Deno.test("each script names every command and every flag", () => {
  const commands = completedCommands(COMMANDS);
  for (const shell of SHELLS) {
    const script = WRITERS[shell](commands, globalFlags());
    for (const { name, flags } of commands) {
      assert.ok(script.includes(name), `${shell}: ${name}`);
      for (const { flag } of flags) {
        assert.ok(
          script.includes(shell === "fish" ? `-l ${flag.slice(2)} ` : flag),
          `${shell}: ${flag}`,
        );
      }
    }
  }
});

shellTest("bash", "bash completes commands, flags and the words that a flag takes", async () => {
  assert.deepEqual(await inBash("prod"), ["produce"]);
  assert.deepEqual(
    (await inBash("")).filter((word) => !word.startsWith("-")).sort(),
    [...COMMANDS.map(({ name }) => name), "help"].sort(),
  );
  assert.deepEqual(await inBash("produce", "--mo"), ["--mode"]);
  assert.deepEqual(await inBash("produce", "--mode", ""), ["sample", "replay", "simulate"]);
  assert.deepEqual(await inBash("produce", "--mode", "=", "rep"), ["replay"]);
  assert.deepEqual(await inBash("produce", "--mode", "="), ["sample", "replay", "simulate"]);
  assert.deepEqual(await inBash("--log-level", "w"), ["warning"]);
  assert.deepEqual(await inBash("--log-level", "debug", "cons"), ["consume"]);
  assert.deepEqual(await inBash("completions", "z"), ["zsh"]);
  assert.deepEqual(await inBash("consume", "--loop"), [], "a flag of another command");
  assert.deepEqual(await inBash("produce", "--input", ""), [], "bash's own: files");
});

shellTest("fish", "fish completes commands, flags and the words that a flag takes", async () => {
  assert.deepEqual(await inFish("ticklake prod"), ["produce"]);
  assert.deepEqual(await inFish("ticklake produce --mo"), ["--mode"]);
  assert.deepEqual(await inFish("ticklake produce --mode "), ["replay", "sample", "simulate"]);
  assert.deepEqual(await inFish("ticklake produce --mode=re"), ["--mode=replay"]);
  assert.deepEqual(await inFish("ticklake completions f"), ["fish"]);
  assert.deepEqual(await inFish("ticklake produce --input q"), ["quotes.csv"]);
  assert.deepEqual(await inFish("ticklake consume --loo"), []);
  const commands = (await inFish("ticklake ")).sort();
  assert.deepEqual(commands, COMMANDS.map(({ name }) => name as string).sort());
});

shellTest("zsh", "zsh completes commands, flags and the words that a flag takes", async () => {
  assert.equal(
    await inZsh("ticklake prod\t --mo\tre\t --stri\t"),
    "produce --mode=replay --strict",
  );
  assert.equal(await inZsh("ticklake consume --sse=aw\t"), "consume --sse=aws:kms");
  assert.equal(await inZsh("ticklake comple\t zs\t"), "completions zsh");
  assert.equal(await inZsh("ticklake produce --input=q\t"), "produce --input=quotes.csv");
  assert.equal(await inZsh("ticklake --log-leve\twar\t doc\t"), "--log-level=warning doctor");
});

Deno.test("completions prints the script, and --json wraps it", async () => {
  const plain = await runTicklake(["completions", "fish"]);
  assert.equal(plain.code, 0);
  assert.match(plain.stdout, /^# fish completion/);
  const { stdout } = await runTicklake(["completions", "fish", "--json"]);
  assert.deepEqual(JSON.parse(stdout), { shell: "fish", script: plain.stdout });
});

Deno.test("completions for a shell that is unknown is wrong usage", async () => {
  const { code, stderr } = await runTicklake(["completions", "tcsh"]);
  assert.equal(code, 2);
  assert.match(stderr, /expected one of bash, zsh, fish; found "tcsh"/);
});
