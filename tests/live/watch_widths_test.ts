import assert from "node:assert/strict";
import { runTicklake, serviceTest } from "../services/services.ts";
import { KEYS, screen, typeInto } from "../terminal/terminal.ts";

for (const columns of [80, 100, 120]) {
  serviceTest(
    `a terminal of ${columns} columns shows each line of consume --watch to its last character`,
    { needs: ["python"] },
    async () => {
      const home = await Deno.makeTempDir({ prefix: "ticklake-widths-" });
      const produce = ["produce", "--home", home, "--rate", "max", "--seed", "1", "-n", "300"];
      await runTicklake(produce);
      const size = { columns, rows: 24 };
      const { before, code } = await typeInto(
        ["consume", "--watch", "--home", home],
        [["(?s)TWII.*\\x1b\\[J", KEYS.interrupt]],
        size,
      );
      await Deno.remove(home, { recursive: true });
      assert.equal(code, 0);
      const lines = await screen(before[0], size);
      assert.match(lines[0], /^ticklake {2}index-quotes .* rejected 0$/);
      assert.equal(lines[0].length, columns);
      assert.match(lines[2], /^ {2}INDEX {7}DATE .* ROWS$/);
      assert.equal(lines.filter((line) => /^ {2}\S+ +\d{4}-\d\d-\d\d /.test(line)).length, 14);
      assert.match(lines.findLast((line) => line !== "")!, /^ {2}nothing written yet$/);
    },
  );
}
