import assert from "node:assert/strict";
import { runTicklake, serviceTest } from "../services/services.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

const PAGE = await Deno.readTextFile(`${REPOSITORY}/docs/own-data.md`);

/** The page's command lines that run the program. */
const COMMANDS = [...PAGE.matchAll(/^\$ ticklake (.*)$/gm)].map(([, line]) =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)
);

/** Text without its figures, and without what follows from them. */
const wordsOf = (text: string) =>
  text.replace(/[\d,.]*\d/g, "0").replace(/0 (?:KiB|MiB|B)\b/g, "0 B").replace(
    /\b(object|row)s\b/g,
    "$1",
  )
    .replace(/ +/g, " ");

serviceTest(
  "the page on own data: its commands bring such a file to SQL, in an empty folder",
  { needs: ["binary"] },
  async () => {
    const cwd = await Deno.makeTempDir({ prefix: "ticklake-own-" });
    const [header, row] = PAGE.split("\n$ ticklake")[0].split("\n").slice(-2);
    const rows = ["AAA", "BBB", "CCC"].map((name) => row.replace(/[^,]+$/, name));
    await Deno.writeTextFile(`${cwd}/all_stocks_5yr.csv`, [header, ...rows, ""].join("\n"));
    assert.equal(COMMANDS.length, 4);
    const outputs: string[] = [];
    const recorded = PAGE.split("\n$ ticklake ").slice(1)
      .map((part) => part.split("\n```")[0].split("\n").slice(1));
    for (const [i, args] of COMMANDS.entries()) {
      const { code, stdout, stderr } = await runTicklake(args, { cwd, binary: true });
      assert.equal(code, 0, stderr);
      outputs.push(stdout);
      // What the page shows besides is printed in these words; figures and times differ.
      const printed = wordsOf(stderr + stdout);
      for (const line of recorded[i].filter((line) => !/^[A-Z]{2,4} |^[- ]+$/.test(line))) {
        assert.ok(printed.includes(wordsOf(line)), `${line}\nin:\n${stderr}${stdout}`);
      }
    }
    assert.match(outputs[0], /^sent 3 rows in .* s, rejected 0\n$/);
    assert.match(outputs[1], /^read 3 messages, wrote 3 rows and 0 dead letters/);
    assert.match(outputs[2], /^index +days +highest\n[- ]+\n(?:(?:AAA|BBB|CCC) +1 .*\n){3}$/);
    assert.match(outputs[3], /^ok: 3 offsets expected, 3 found/);
    await Deno.remove(cwd, { recursive: true });
  },
);
