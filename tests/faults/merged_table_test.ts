import assert from "node:assert/strict";
import { HEADS } from "./figures.ts";
import { mergedTable } from "./merged_table.ts";

const HEAD = HEADS.hive;

Deno.test("lines of --only replace their own and come beside the others, in the faults' order", () => {
  const former = `Measured in May.\n\n${HEAD}\n| a | 1 |\n| gone | 2 |\n| c | 3 |`;
  const merged = mergedTable(
    former,
    "And in June.",
    ["| c | 30 |", "| b | 20 |"],
    ["a", "b", "c"],
    HEAD,
  );
  assert.equal(
    merged,
    `Measured in May.\n\nAnd in June.\n\n${HEAD}\n| a | 1 |\n| b | 20 |\n| c | 30 |`,
  );
});

Deno.test("without a former table there is the new one alone", () => {
  assert.equal(mergedTable("", "Now.", ["| a | 1 |"], ["a"], HEAD), `Now.\n\n${HEAD}\n| a | 1 |`);
});
