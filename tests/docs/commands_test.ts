import assert from "node:assert/strict";
import { parseLine } from "../cli/parse_line.ts";
import { REPOSITORY } from "../services/tools_folder.ts";
import { wordsOf } from "./words_of.ts";

/** Command lines of ticklake in the shell blocks of a page, without pipes, redirections and comments. */
function commandLines(text: string): string[] {
  const blocks = [...text.matchAll(/```sh *\w*\n([\s\S]*?)```/g)].map(([, block]) => block).join(
    "\n",
  );
  return blocks.replace(/\\\n\s*/g, "").split("\n")
    .map((line) => /(?:^|[|;] *)(?:sudo )?(?:~\/bin\/)?ticklake (.+)$/.exec(line)?.[1])
    .filter((line) => line !== undefined)
    .map((line) => line!.replace(/\s+#.*$| [>|] ?.*$| 2>.*$/, ""));
}

const PAGES = ["README.md"].concat(
  [...Deno.readDirSync(`${REPOSITORY}/docs`)].filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`),
);

Deno.test("every command line in README and docs is one that the program understands", () => {
  let count = 0;
  for (const page of PAGES) {
    for (const line of commandLines(Deno.readTextFileSync(`${REPOSITORY}/${page}`))) {
      count++;
      const words = wordsOf(line.replaceAll("$command", "consume"));
      const parsed = parseLine(words);
      const isHelp = words[0] === "help" || "exitCode" in parsed && parsed.exitCode === 0;
      assert.ok("invocation" in parsed || isHelp, `${page}: ${line}`);
    }
  }
  assert.ok(count > 30, String(count));
});
