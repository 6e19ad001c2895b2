import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import type { QueryResult, Value } from "../../mod/catalog/engine.ts";
import { printResult, type TableFit, type TextFormat } from "../../mod/commands/print_result.ts";
import type { Output } from "../../mod/terminal/output.ts";
import { HOSTILE, UNSAFE } from "../terminal/hostile_text.ts";

async function printed(
  format: TextFormat | "expanded",
  names: string[],
  rows: Value[][],
  fit?: TableFit,
): Promise<string> {
  let text = "";
  const output = { colour: false, raw: (part: string) => text += part } as unknown as Output;
  const result: QueryResult = {
    columns: names.map((name) => ({ name })),
    pages: (async function* () {
      for (let at = 0; at < rows.length; at += 2) yield rows.slice(at, at + 2);
    })(),
  };
  assert.equal(await printResult(result, format, output, fit), rows.length);
  return text;
}

const NASTY: Value[][] = [
  ["plain", 1, 10n],
  ['quote " and, comma', -2.5, null],
  ["two\nlines\r\n", null, 9_007_199_254_740_993n],
  ["", 1e21, -1n],
  [" 東京 ", 0.1, 0n],
];

Deno.test("CSV is read back as it was by another CSV reader", async () => {
  const text = await printed("csv", ["name", "a, b", 'c"d'], NASTY);
  assert.deepEqual(parse(text, { relax_column_count: false }), [
    ["name", "a, b", 'c"d'],
    ...NASTY.map((row) => row.map((value) => value === null ? "" : String(value))),
  ]);
  assert.match(text, /^name,"a, b","c""d"\r\n/);
  assert.match(text, /\r\n"",1e\+21,-1\r\n/);
});

Deno.test("JSON keeps whole numbers exact, nulls, and columns of the same name", async () => {
  const text = await printed("json", ["x", "x", "n"], [[1n, "a", 9_007_199_254_740_993n], [
    null,
    NaN,
    true,
  ]]);
  assert.equal(
    text,
    '[\n{"x":1,"x_2":"a","n":9007199254740993},\n{"x":null,"x_2":"NaN","n":true}\n]\n',
  );
  assert.deepEqual(JSON.parse(await printed("json", ["x"], [])), []);
});

Deno.test("a table is aligned, numbers to the right, also with wide characters", async () => {
  const text = await printed("table", ["name", "n", "share"], [
    ["東京", 1n, 0.5],
    ["a\tb", 1200n, null],
    [null, -3n, 12.25],
  ]);
  assert.equal(
    text,
    [
      "name     n  share",
      "----  ----  -----",
      "東京     1    0.5",
      "a\\tb  1200   NULL",
      "NULL    -3  12.25",
      "",
    ].join("\n"),
  );
});

Deno.test("a table without rows still has its heading", async () => {
  assert.equal(await printed("table", ["a", "bc"], []), "a  bc\n-  --\n");
});

Deno.test("no foreign text can move a terminal's cursor, in any form but CSV in a pipe", async () => {
  for (const format of ["table", "markdown", "expanded"] as const) {
    assert.doesNotMatch(await printed(format, [`n${HOSTILE}`], [[HOSTILE]]), UNSAFE, format);
  }
  const json = await printed("json", ["x"], [[HOSTILE]]);
  assert.doesNotMatch(json, UNSAFE);
  assert.deepEqual(JSON.parse(json), [{ x: HOSTILE }]);
});

Deno.test("a cell of CSV is no formula for a spreadsheet; numbers stay as they are", async () => {
  const formulas = [
    "=cmd|'/C calc'!A0",
    "@SUM(1)",
    "+1+cmd",
    "-2+3",
    "-",
    "＝1",
    "＠A",
    "＋1",
    "－1",
  ];
  const blanks = ["\t=1", "\r=1", "\n=1", "\0=1"];
  const values = [...formulas, ...blanks, "-5.5", "+1e3", "東京", "￥1"];
  const text = await printed("csv", ["=x"], [...values, -5, -7n].map((value) => [value]));
  assert.match(text, /^'=x\r/);
  const cells = (parse(text) as string[][]).slice(1).map(([cell]) => cell);
  assert.deepEqual(cells, [
    ...[...formulas, ...blanks].map((text) => `'${text}`),
    ...["-5.5", "+1e3", "東京", "￥1", "-5", "-7"],
  ]);
});

Deno.test("a table is cut to the terminal, and says how many columns are missing", async () => {
  const missing: number[] = [];
  const fit = { columns: 20, hidden: (count: number) => missing.push(count) };
  const rows = [["abcdefgh", "12345678", "x".repeat(30)]];
  const text = await printed("table", ["a", "b", "c"], rows, fit);
  assert.equal(text, "a         b\n--------  --------\nabcdefgh  12345678\n");
  assert.deepEqual(missing, [1]);
  const [, , row] = (await printed("table", ["a"], [["y".repeat(40)]], fit)).split("\n");
  assert.equal(row, "y".repeat(19) + "…");
});

Deno.test("Markdown escapes bars and line ends; expanded is one line a value", async () => {
  assert.equal(
    await printed("markdown", ["a", "b"], [["x|y", 1], ["two\nlines", null]]),
    "| a | b |\n| --- | --- |\n| x\\|y | 1 |\n| two\\nlines | NULL |\n",
  );
  assert.equal(
    await printed("expanded", ["a", "long"], [[1, "x"], [2, null]]),
    "-- row 1\na     1\nlong  x\n-- row 2\na     2\nlong  NULL\n",
  );
});
