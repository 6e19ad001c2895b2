import assert from "node:assert/strict";
import { flagsOf } from "../../mod/cli/flags_of.ts";
import { manualPage } from "../../mod/cli/manual_page.ts";
import { COMMANDS } from "../../mod/commands/table.ts";
import { missingProgram, skippableTest } from "../services/skippable.ts";

const page = manualPage(COMMANDS, "1.2.3");

Deno.test("the manual page has each command, its flags and its examples", () => {
  const sections = page.split(/^\.S[HS] /m);
  for (const { name, examples } of COMMANDS) {
    const escaped = name.replaceAll("-", "\\-");
    const section = sections.find((text) => text.startsWith(`"ticklake ${escaped} `));
    assert.ok(section, name);
    for (const [key, { flag, commands }] of flagsOf(name)) {
      const term = flag!.replaceAll("-", "\\-");
      assert.ok(commands === "all" || section.includes(`${term}`), `${name}: ${key}`);
    }
    for (const [line] of examples) assert.ok(section.includes(line.replaceAll("-", "\\-")), line);
  }
});

Deno.test("no text of the manual page is taken for a request", () => {
  for (const line of page.split("\n")) {
    if (/^[.']/.test(line)) assert.match(line, /^\.(TH|SH|SS|TP|PP|B|I|RI)( |$)/, line);
  }
});

skippableTest({
  name: "groff reads the manual page without a warning",
  missing: missingProgram("groff"),
  async fn() {
    const file = await Deno.makeTempFile({ suffix: ".1" });
    await Deno.writeTextFile(file, page);
    const { code, stdout, stderr } = await new Deno.Command("groff", {
      args: ["-man", "-Tutf8", "-ww", "-P-c", file],
    }).output();
    await Deno.remove(file);
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    // Bold is a letter over itself.
    // deno-lint-ignore no-control-regex
    const plain = new TextDecoder().decode(stdout).replace(/.\x08/g, "");
    assert.match(plain, /--flush-interval <duration>/);
  },
});
