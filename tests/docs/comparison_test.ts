import assert from "node:assert/strict";
import { REPOSITORY } from "../services/tools_folder.ts";

function read(page: string): string {
  return Deno.readTextFileSync(`${REPOSITORY}/docs/${page}`);
}

Deno.test("each measured figure of the comparison stands on the page that it names", () => {
  const [, section] = read("comparison.md").split("## Measured");
  const rows = section.split("\n## ")[0].split("\n").filter((line) => /^\| .*\.md/.test(line));
  assert.ok(rows.length >= 5);
  let figures = 0;
  for (const row of rows) {
    const [what, ...cells] = row.split("|").slice(1, -1);
    const [, page] = /\((\w+\.md)/.exec(cells.at(-1)!)!;
    const source = read(page);
    // Versions are no figures; the rows' number is in the first cell.
    const text = [...what.matchAll(/[\d,]+(?= rows)/g)].join(" ") +
      cells.slice(0, -1).join(" ").replace(/Connect [\d.]+|sink [\d.]+/g, "");
    for (const [figure] of text.matchAll(/\d+(,\d{3})*(\.\d+)?/g)) {
      assert.match(source, new RegExp(`(?<![\\d.,])${figure}(?![\\d])`), `${what}: ${figure}`);
      figures++;
    }
  }
  assert.ok(figures > 15, String(figures));
});
