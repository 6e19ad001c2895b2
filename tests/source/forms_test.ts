import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { loadSchema } from "../../mod/schema/load_schema.ts";
import type { RowSchema } from "../../mod/schema/schema.ts";
import { decompressedPipe } from "../../mod/source/decompress.ts";
import { type FileForm, readConstants, stemOf } from "../../mod/source/file_form.ts";
import { findInputs } from "../../mod/source/input.ts";
import { RowReader } from "../../mod/source/row_reader.ts";
import { inMemory } from "./outcome.ts";

const quotes = await loadSchema();
const HEADER = "Index,Date,Open,High,Low,Close,Volume";
const ROW = "HSI,2022-01-03,101.5,102.5,100.5,101.0,1000";
const MESSAGE =
  '{"Index":"HSI","Date":"2022-01-03","Open":101.5,"High":102.5,"Low":100.5,"Close":101.0,"Volume":1000}';

/** Messages and rejections of a file. */
async function read(
  content: string | Uint8Array,
  form: Partial<FileForm> = {},
  schema: RowSchema = quotes,
): Promise<{ keys: Array<string | null>; values: string[]; rejected: string[] }> {
  const file = inMemory(content, [7, 100_000]);
  const reader = await RowReader.open(file, schema, { name: "ABC.txt", ...form });
  const found = {
    keys: [] as Array<string | null>,
    values: [] as string[],
    rejected: [] as string[],
  };
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    found.keys.push(...batch.rows.map(({ key }) => key));
    found.values.push(...batch.rows.map(({ value }) => new TextDecoder().decode(value)));
    found.rejected.push(...batch.rejections.map(({ line, reason }) => `${line}: ${reason}`));
  }
  return found;
}

Deno.test("separators, line ends and lines above the header make no difference", async () => {
  const separated = (by: string) => [HEADER, ROW].join("\n").replaceAll(",", by);
  const files: Record<string, string> = {
    comma: separated(","),
    semicolon: separated(";"),
    tab: separated("\t"),
    bar: separated("|"),
    "sep=": `sep=;\n${separated(";")}`,
    "sep= in quotes, CRLF": `"sep=;"\r\n${separated(";").replace("\n", "\r\n")}\r\n`,
    "carriage returns": `${HEADER}\r${ROW}\r`,
    "comments above": `# from somewhere\n#, 2022,\n\n${HEADER}\n${ROW}\n`,
    "a title above": `Prices of HSI\n${HEADER}\n${ROW}\n`,
    "a separator behind each row": `${HEADER}\n${ROW},\n`,
    "a separator behind the header": `${HEADER},\n${ROW}\n`,
    "a byte order mark": `\ufeff${HEADER}\n${ROW}\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    const { values, rejected } = await read(content);
    assert.deepEqual([values, rejected], [[MESSAGE], []], name);
  }
  assert.deepEqual((await read(separated("^"), { delimiter: "^" })).values, [MESSAGE]);
});

Deno.test("a separator inside quotes is none, whatever it is", async () => {
  const schema = structuredClone(quotes);
  schema.columns = schema.columns.slice(0, 2);
  schema.notBelow = [];
  const { values } = await read('Index;Date\n"a;b";2022-01-03\n"c""d";2022-01-04\n', {}, schema);
  assert.deepEqual(values, [
    '{"Index":"a;b","Date":"2022-01-03"}',
    '{"Index":"c\\"d","Date":"2022-01-04"}',
  ]);
});

Deno.test("words for no value are none, and symbols that look like them stay", async () => {
  const rows = ["null", "NULL", "N/A", "n/a", "NaN", "nan", "-", ""].map((word) =>
    `NAN,2022-01-03,101.5,102.5,100.5,101.0,${word},1000`
  );
  const { values, keys, rejected } = await read(
    [HEADER.replace("Volume", "Adj Close,Volume"), ...rows].join("\n"),
  );
  assert.deepEqual(rejected, []);
  assert.deepEqual(new Set(values), new Set([MESSAGE.replace("HSI", "NAN")]));
  assert.deepEqual(new Set(keys), new Set(["NAN"]));
});

Deno.test("gzip and zstd are found by their first bytes, in several parts, on a pipe too", async () => {
  const text = new TextEncoder().encode(`${HEADER}\n${ROW}\n`);
  for (const compress of [gzipSync, zstdCompressSync]) {
    const parts = [compress(text.subarray(0, 60)), compress(text.subarray(60))];
    const bytes = new Uint8Array(Buffer.concat(parts));
    const pipe = await decompressedPipe(inMemory(bytes, [1, 3, 50]), "stdin");
    const reader = await RowReader.open(pipe, quotes, { name: "stdin" });
    const rows = [];
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
      rows.push(...batch.rows);
    }
    assert.deepEqual(rows.map(({ value }) => new TextDecoder().decode(value)), [MESSAGE]);
    reader.close();
    const cut = await decompressedPipe(inMemory(bytes.subarray(0, bytes.length - 12)), "stdin");
    await assert.rejects(async () => {
      const reader = await RowReader.open(cut, quotes, { name: "stdin" });
      while (await reader.next() !== null);
    }, /^Failure: stdin: reading failed: /);
  }
});

Deno.test("JSON lines: names by case and alias, numbers as text, exact beyond 2^53, others refused", async () => {
  const { values, rejected } = await read(
    [
      '{"ticker":"HSI","date":"2022-01-03","open":"101.5","high":102.5,"low":100.5,"close":"101.0","volume":1000,"more":[1]}',
      '{"index":"HSI"}',
      "[1]",
      '{"index":',
      '{"index":"HSI","date":{"a":1}}',
      // As Python writes what is no number.
      '{"index":"HSI","date":"2022-01-03","open":101.5,"high":102.5,"low":100.5,"close":"101.0","volume":1000,"Adj Close":NaN}',
      '{"index":"HSI","date":"2022-01-03","open":NaN,"high":102.5,"low":100.5,"close":101.0,"volume":1000}',
      "",
    ].join("\n"),
  );
  assert.deepEqual(values, [MESSAGE, MESSAGE]);
  assert.deepEqual(rejected, [
    "2: Date is missing; Open is missing; High is missing; and 3 more",
    "3: expected a JSON object, found an array",
    '4: not JSON: "{\\"index\\":"',
    "5: Date: expected a date, found an object",
    "7: Open is missing",
  ]);
});

Deno.test("JSON lines: a column whose name is a path is found in nested objects and lists", async () => {
  const schema: RowSchema = {
    table: "t",
    key: ["sym"],
    notBelow: [],
    columns: [
      { wire: "sym", name: "sym", type: "string", required: true },
      { wire: "data.c", name: "c", type: "double", required: true },
      { wire: "bars.0.v", name: "v", type: "long", required: false },
    ],
  };
  const { values, rejected } = await read(
    [
      '{"sym":"A","data":{"c":1.5},"bars":[{"v":9007199254740993}]}',
      '{"sym":"A","data":{"c":2},"data.c":3}',
      '{"sym":"A","data":{"d":1.5}}',
      '{"sym":"A","data":[1]}',
      '{"sym":"A","data":{"c":{}}}',
    ].join("\n"),
    { name: "ticks.jsonl" },
    schema,
  );
  assert.deepEqual(values, [
    '{"sym":"A","data.c":1.5,"bars.0.v":9007199254740993}',
    '{"sym":"A","data.c":3}',
  ]);
  assert.deepEqual(rejected, [
    "3: data.c is missing",
    "4: data.c is missing",
    "5: data.c: expected a double, found an object",
  ]);
});

Deno.test("lenient numbers and declared dates, and only those", async () => {
  const schema: RowSchema = {
    table: "t",
    key: [],
    notBelow: [],
    columns: [
      { wire: "d", name: "d", type: "date", required: true, format: ["DD.MM.YYYY", "epoch_ms"] },
      { wire: "n", name: "n", type: "double", required: true, number: "lenient" },
      { wire: "c", name: "c", type: "double", required: true, number: "lenient", decimal: "," },
    ],
  };
  const { values, rejected, keys } = await read(
    [
      "d;n;c",
      '03.01.2022;"1,100.50";1.100,50',
      "1641168000000;$12.5M;-0,5",
      "2022-01-03;(3.2);1 234,5",
      "2022-01-03 00:00:00-05:00;0.52%;€1.000",
      "01/03/2022;1;1",
      "31.02.2022;1;1",
      "1641168000001;1;1",
      "2022-01-03;1,10;1",
      "2022-01-03;1;1.5",
      "2022-01-03;1.2.3;1",
    ].join("\n"),
    {},
    schema,
  );
  assert.deepEqual(values.map((value) => Object.values(JSON.parse(value))), [
    ["2022-01-03", 1100.5, 1100.5],
    ["2022-01-03", 12500000, -0.5],
    ["2022-01-03", -3.2, 1234.5],
    ["2022-01-03", 0.52, 1000],
  ]);
  assert.deepEqual(rejected.map((line) => line.slice(0, line.indexOf(":"))), [
    "6",
    "7",
    "8",
    "9",
    "10",
    "11",
  ]);
  assert.match(rejected[0], /d: expected DD\.MM\.YYYY or epoch_ms or YYYY-MM-DD, found "01\/03/);
  assert.deepEqual(new Set(keys), new Set([null]));
});

Deno.test("--set: a constant for each row, by any of the column's names, never over the file's own", async () => {
  const without = `${HEADER.slice(6)}\n${ROW.slice(4)}\n`;
  const set = (text: string) => ({ constants: readConstants(text, quotes) });
  assert.deepEqual((await read(without, set("ticker=HSI"))).values, [MESSAGE]);
  assert.deepEqual((await read(without, set("Index={stem}-X"))).keys, ["ABC-X"]);
  assert.equal(stemOf("prices/BRK.B.csv.gz"), "BRK.B");
  await assert.rejects(read(`${HEADER}\n${ROW}`, set("Index=X")), /already has a column Index/);
  await assert.rejects(read(without, set("Index=")), /--set Index=: Index is missing/);
  await assert.rejects(read(without, { ...set("Index={stem}"), name: "stdin" }), /has none/);
  assert.deepEqual((await read(without, set("Index={Stem}"))).keys, ["ABC"]);
  assert.throws(() => readConstants("Index={name}", quotes), /expected \{stem\}, found \{name\}/);
  assert.throws(() => readConstants("Index=A\nticker=B", quotes), /Index is already set to A/);
  assert.throws(() => readConstants("Indes=A", quotes), /expected COLUMN=VALUE with a column/);
  await assert.rejects(read(without), (error: { fix?: string }) => {
    assert.match(error.fix!, /--set Index=VALUE, or --set Index=\{stem\}/);
    return true;
  });
});

Deno.test("of several columns that could be the symbol the first of the aliases is it, and the column's name before them", async () => {
  const rest = ",2022-01-03,101.5,102.5,100.5,101.0,1000";
  const columns = HEADER.slice(5);
  for (
    const [names, values] of [
      ["Name,Symbol", "Hang Seng,HSI"],
      ["Symbol,Name", "HSI,Hang Seng"],
      ["ticker,name", "HSI,Hang Seng"],
      ["Symbol,Name,index", "x,y,HSI"],
    ]
  ) {
    const { values: found, rejected } = await read(`${names}${columns}\n${values}${rest}\n`);
    assert.deepEqual([found, rejected], [[MESSAGE], []], names);
  }
  const twice = read(`Symbol,symbol${columns}\nA,B${rest}\n`);
  await assert.rejects(twice, /more than one column Index/);
});

Deno.test("what holds no rows of text is named, in a file and in a pipe", async () => {
  const folder = await Deno.makeTempDir();
  const kinds: Array<[name: string, bytes: number[], why: RegExp, fix: RegExp]> = [
    ["a.zip", [0x50, 0x4b, 3, 4], /a zip archive/, /unzip -p \S+a\.zip \| ticklake/],
    ["a.xlsx", [0x50, 0x4b, 3, 4], /a zip archive/, /as CSV in the spreadsheet/],
    ["a.xls", [0xd0, 0xcf, 0x11, 0xe0], /an Excel workbook/, /as CSV in the spreadsheet/],
    ["a.csv.bz2", [0x42, 0x5a, 0x68, 0x39], /compressed with bzip2/, /bzip2 -dc/],
    ["a.csv.xz", [0xfd, 0x37, 0x7a, 0x58], /compressed with xz/, /xz -dc/],
    ["a.parquet", [0x50, 0x41, 0x52, 0x31], /a Parquet file/, /COPY \(FROM '\S+a\.parquet'\)/],
  ];
  for (const [name, magic, why, fix] of kinds) {
    const bytes = Uint8Array.of(...magic, 0, 0, 0, 0);
    await Deno.writeFile(`${folder}/${name}`, bytes);
    const refused = (error: { kind?: string; message: string; fix?: string }) => {
      assert.equal(error.kind, "usage");
      assert.match(error.message, why);
      return fix.test(error.fix!);
    };
    await assert.rejects(findInputs([`${folder}/${name}`]), refused);
    const pipe = decompressedPipe(inMemory(bytes, [1, 2]), `${folder}/${name}`);
    await assert.rejects(pipe, refused);
  }
  // A header may begin like one.
  const text = new TextEncoder().encode("Bid,Ask\n");
  const whole = await decompressedPipe(inMemory(text, [1, 2]), "stdin");
  const found: number[] = [];
  for (const chunk = new Uint8Array(8);;) {
    const count = await whole.read(chunk);
    if (count === null) break;
    found.push(...chunk.subarray(0, count));
  }
  assert.deepEqual(found, [...text]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a column that a file lacks: a constant is proposed for a symbol, not for a price", async () => {
  const fixOf = (content: string) =>
    read(content).then(() => assert.fail("it was read"), (error: { fix?: string }) => error.fix!);
  assert.match(await fixOf(HEADER.replace("Close", "Close/Last")), /^`ticklake schema infer FILE`/);
  assert.match(await fixOf(HEADER.slice(6)), /--set Index=VALUE/);
  assert.match(await fixOf(HEADER.replaceAll(",", "^")), /--delimiter/);
});

Deno.test("a pattern names its files in order; what matches nothing is said", async () => {
  const folder = await Deno.makeTempDir();
  for (const name of ["b.csv", "a.csv", "c.txt"]) {
    await Deno.writeTextFile(`${folder}/${name}`, "x");
  }
  const inputs = await findInputs([`${folder}/*.csv`]);
  assert.deepEqual(inputs.map(({ name }) => name), [`${folder}/a.csv`, `${folder}/b.csv`]);
  await assert.rejects(findInputs([`${folder}/*.json`]), /no file matches/);
  await assert.rejects(findInputs([`${folder}/a.csv`, "-"]), /a pipe cannot be one of several/);
  await Deno.remove(folder, { recursive: true });
});
