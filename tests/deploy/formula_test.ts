import assert from "node:assert/strict";
import { RELEASE_TARGETS } from "../../scripts/release_targets.ts";
import { parseLine } from "../cli/parse_line.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { callsOf, nodesBelow, type RubyNode, rubyParser, stringOf } from "./ruby_parser.ts";

const FORMULA = `${REPOSITORY}/deploy/packages/ticklake.rb`;
const PLACE = "https://example.com/someone/ticklake";
const VERSION = "1.2.3";

/** The formula as a release fills it in (scripts/pack_release.ts), with a checksum of each file's own. */
function filled(): { text: string; sums: Map<string, string> } {
  const sums = new Map<string, string>();
  const text = Deno.readTextFileSync(FORMULA)
    .replaceAll("@REPOSITORY@", PLACE)
    .replaceAll("@VERSION@", VERSION)
    .replace(/@SHA256:([^@]+)@/g, (_, name) => {
      sums.set(name, String(sums.size + 1).padStart(64, "a"));
      return sums.get(name)!;
    });
  return { text, sums };
}

/** The block of `on_macos`, `on_arm` and the like. */
function only(node: RubyNode, method: string): RubyNode {
  const found = callsOf(node, method);
  assert.equal(found.length, 1, method);
  return found[0];
}

Deno.test("the formula is Ruby, of the parts that Homebrew asks for", async () => {
  const parse = await rubyParser();
  assert.deepEqual(parse(Deno.readTextFileSync(FORMULA)).errors, [], "unfilled");
  const { errors, root } = parse(filled().text);
  assert.deepEqual(errors, []);
  const nodes = [...nodesBelow(root)];
  const [formula] = nodes.filter(({ type }) => type === "ClassNode");
  // Homebrew finds the class by the file's name.
  assert.equal(formula.name, "Ticklake");
  assert.equal(formula.children[1].name, "Formula");
  const description = stringOf(only(formula, "desc"))!;
  // As `brew audit` wants it: below 80 characters, no full stop, not the name.
  assert.match(description, /^[A-Z](?!.*ticklake).{10,78}[^.]$/i);
  assert.equal(stringOf(only(formula, "homepage")), PLACE);
  // Its test asks for `version` too.
  const versions = callsOf(formula, "version").map(stringOf);
  assert.deepEqual(versions.filter((version) => version !== undefined), [VERSION]);
  assert.match(Deno.readTextFileSync(`${REPOSITORY}/LICENSE`), /^MIT License/);
  assert.equal(stringOf(only(formula, "license")), "MIT");
  assert.deepEqual(
    nodes.filter(({ type }) => type === "DefNode").map(({ name }) => name),
    ["install"],
  );
  only(formula, "test");
});

Deno.test("each system and processor gets its file of the release, by its checksum", async () => {
  const parse = await rubyParser();
  const { text, sums } = filled();
  const { root } = parse(text);
  const found: string[] = [];
  for (const [system, name] of [["on_macos", "macos"], ["on_linux", "linux"]]) {
    for (const [processor, short] of [["on_arm", "arm64"], ["on_intel", "x64"]]) {
      const block = only(only(root, system), processor);
      const file = `ticklake-${name}-${short}`;
      assert.equal(
        stringOf(only(block, "url")),
        `${PLACE}/releases/download/v${VERSION}/${file}.gz`,
      );
      const sum = stringOf(only(block, "sha256"));
      assert.match(sum!, /^[0-9a-f]{64}$/);
      assert.equal(sum, sums.get(`${file}.gz`));
      found.push(`${name}-${short}`);
    }
  }
  const built = Object.keys(RELEASE_TARGETS).filter((target) => !target.startsWith("windows"));
  assert.deepEqual(found.sort(), built.sort(), "every system that Homebrew runs on");
});

Deno.test("the formula's test and completions are command lines that the program has", () => {
  const text = Deno.readTextFileSync(FORMULA);
  for (const words of [["demo"], ["completions", "bash"]]) {
    assert.ok(text.includes(`"${words[0]}"`), words[0]);
    assert.ok("invocation" in parseLine(words), words.join(" "));
  }
});

Deno.test("a formula with a block left open is found", async () => {
  const parse = await rubyParser();
  const wrong = filled().text.replace("  def install\n", "  def install(\n");
  assert.notDeepEqual(parse(wrong).errors, []);
});
