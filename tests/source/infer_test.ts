import assert from "node:assert/strict";
import { parseJson } from "../../mod/schema/parse_json.ts";
import { readSchema } from "../../mod/schema/read_schema.ts";
import { inferSchema } from "../../mod/source/infer_schema.ts";
import { findInput } from "../../mod/source/input.ts";
import { RowReader } from "../../mod/source/row_reader.ts";
import { REPOSITORY } from "../services/tools_folder.ts";

type Values = Record<string, unknown>;

const CASES = `${REPOSITORY}/tests/cases/files`;

/** The columns that are inferred as `name type`, and the messages and rejections of the file by them. */
async function byInferred(path: string) {
  const input = await findInput(path);
  const text = await inferSchema(input, {});
  const { schema, mistakes } = readSchema(JSON.parse(text.replace(/^\s*\/\/.*$/gm, "")));
  assert.deepEqual(mistakes, [], text);
  const reader = await RowReader.open(await input.open(), schema!, { name: path });
  const rows: Values[] = [];
  const rejected: string[] = [];
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    rows.push(
      ...batch.rows.map(({ value }) => parseJson(new TextDecoder().decode(value)) as Values),
    );
    rejected.push(...batch.rejections.map(({ reason }) => reason));
  }
  reader.close();
  const columns = schema!.columns.map(({ name, type }) => `${name} ${type}`);
  return { columns, rows, rejected, text, key: schema!.key };
}

for await (const { name } of Deno.readDir(CASES)) {
  Deno.test(`the schema that is inferred from ${name} takes all of its rows`, async () => {
    const { rows, rejected } = await byInferred(`${CASES}/${name}`);
    assert.deepEqual(rejected, []);
    assert.ok(rows.length > 0);
  });
}

async function inferred(content: string, name = "x.csv") {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, content);
    return await byInferred(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a number with a fraction is none of a whole column, though the fraction is zero", async () => {
  const { columns } = await inferred("Symbol,Close,Size\nA,101.0,5\nA,102.0,6\n");
  assert.deepEqual(columns, ["symbol string", "close double", "size long"]);
  // With a decimal comma elsewhere the point is a thousands separator.
  const { columns: german, rows } = await inferred("S;Kurs;Umsatz\nA;1,5;18.000\nB;2,5;15.000\n");
  assert.deepEqual(german, ["s string", "kurs double", "umsatz double"]);
  assert.deepEqual(rows.map(({ Umsatz }) => Umsatz), [18_000, 15_000]);
});

Deno.test("blanks around numbers, days and times mean nothing", async () => {
  const { columns, rows, rejected } = await inferred(
    "Symbol, Date, At, Close, Note\nA, 2022-01-03 , 2022-01-03 10:00, 1.50, - \nB, 2022-01-04, 2022-01-03 10:00 ,\t2 , x\n",
  );
  assert.deepEqual(rejected, []);
  assert.deepEqual(columns.slice(0, 4), [
    "symbol string",
    "date date",
    "at timestamp",
    "close double",
  ]);
  assert.deepEqual(rows.map(({ Date, At, Close }) => [Date, At, Close]), [
    ["2022-01-03", "2022-01-03 10:00", 1.5],
    ["2022-01-04", "2022-01-03 10:00", 2],
  ]);
});

Deno.test("an array that holds all objects is refused, with what makes lines of it", async () => {
  const array = '[{"s":"A","p":1},\n{"s":"B","p":2}]\n';
  await assert.rejects(inferred(array, "x.json"), (error: { message: string; fix?: string }) => {
    assert.match(error.message, /x\.json is a JSON array: expected a JSON object in each line/);
    assert.match(error.fix!, /^jq -c '\.\[\]' \S+x\.json \| ticklake produce --input -$/);
    return true;
  });
});

Deno.test("an integer keeps all of its digits", async () => {
  const { columns, rows, rejected, text } = await inferred(
    "id,ns,far,mixed\n9007199254740993,1641223845123456789,1,9007199254740993\n" +
      "9007199254740995,1641223845123456790,92233720368547758070,1.5\n",
  );
  assert.deepEqual(rejected, []);
  assert.deepEqual(columns, ["id long", "ns long", "far string", "mixed double"]);
  assert.deepEqual(rows.map(({ id, ns, far }) => [id, ns, far]), [
    [9007199254740993n, 1641223845123456789n, "1"],
    [9007199254740995n, 1641223845123456790n, "92233720368547758070"],
  ]);
  assert.match(text, /\/\/ far: integers beyond 64 bits/);
  assert.match(text, /\/\/ mixed: some numbers have more digits than a double holds/);
  // Full digits of a double are no loss.
  const prices = await inferred("p\n138.58000183105469\n0.1000000000000000\n");
  assert.doesNotMatch(prices.text, /\/\/ p:/);
  const times = await inferred("time_ns,time_ms\n1641223845123456789,1641223845123\n");
  assert.deepEqual(times.columns, ["time_ns timestamp", "time_ms timestamp"]);
  assert.match(times.text, /\/\/ time_ns: digits below a millisecond are dropped/);
  assert.doesNotMatch(times.text, /\/\/ time_ms: digits/);
});

Deno.test("a comma that may separate thousands or decimals has a comment", async () => {
  const { text } = await inferred("Date;FX;Name\n2022-01-03;1,234;A\n2022-01-04;1,134;A\n");
  assert.match(text, /\/\/ FX: its commas are read as thousands separators.*"decimal": ","/);
  const decided = await inferred('Date,P\n2022-01-03,"1,234.5"\n2022-01-04,"1,134"\n');
  assert.doesNotMatch(decided.text, /\/\/ P:/);
});

Deno.test("prices that are whole by chance have the type of the other prices", async () => {
  const { columns } = await inferred("Open,HIGH,Adj Close,Volume\n1,2,1.5,100\n2,3,2.5,200\n");
  assert.deepEqual(columns, ["open double", "high double", "adj_close double", "volume long"]);
  const comma = await inferred("Open;Close\n100;1,5\n101;2,25\n");
  assert.match(comma.text, /"name":"open","type":"double".*"decimal":","/);
});

Deno.test("UTF-16 is refused, as produce does", async () => {
  await assert.rejects(inferred("S\0,\0P\0\n\0A\0,\x001\0\n\0"), /x\.csv is not UTF-8 text/);
});

Deno.test("nested objects become columns at their paths, that produce finds; lists and booleans are left out", async () => {
  const { columns, rows, rejected, text } = await inferred(
    [
      '{"sym":"A","t":1641168000000,"data":{"c":1.5,"v":9007199254740993},"tags":["x"],"ok":true}',
      '{"sym":"B","t":1641168000001,"data":{"c":2.5,"v":1}}',
    ].join("\n"),
    "ticks.jsonl",
  );
  assert.deepEqual(columns, ["sym string", "t timestamp", "data_c double", "data_v long"]);
  assert.deepEqual(rejected, []);
  assert.deepEqual(rows.map((row) => [row["data.c"], row["data.v"]]), [
    [1.5, 9007199254740993n],
    [2.5, 1],
  ]);
  assert.match(text, /^\/\/ Left out, as lists and true or false are no column: tags, ok\.$/m);
});

Deno.test("a frame's index without a name is its day; another column without a name is left out, and said", async () => {
  const { columns, rows, rejected } = await inferred(
    ",Open,Close\n2024-01-02,1,1.5\n2024-01-03,2,2.5\n",
  );
  assert.deepEqual(columns, ["date date", "open double", "close double"]);
  assert.deepEqual(rejected, []);
  assert.deepEqual(rows.map((row) => row.Date), ["2024-01-02", "2024-01-03"]);
  const numbered = await inferred(",Date,Close\n0,2024-01-02,1.5\n1,2024-01-03,2.5\n");
  assert.deepEqual(numbered.columns, ["date date", "close double"]);
  assert.deepEqual(numbered.rejected, []);
  assert.match(numbered.text, /^\/\/ The first column has no name in the header: left out\.$/m);
});

Deno.test("lines above the header are no columns", async () => {
  const { columns, rows, rejected, text } = await inferred(
    "Historical prices for HSI, daily\nCurrency: HKD\n\nSymbol,Date,Close\nHSI,2024-01-02,1.5\nHSI,2024-01-03,2.5\n",
  );
  assert.deepEqual(columns, ["symbol string", "date date", "close double"]);
  assert.deepEqual([rows.length, rejected], [2, []]);
  assert.match(text, /, below 2 other lines\. Review/);
});

Deno.test("the ticker of yfinance's three header rows is the symbol of each row", async () => {
  const { columns, rows, key } = await byInferred(`${CASES}/three-header-rows.csv`);
  assert.equal(columns[0], "ticker string");
  assert.equal(key, "Ticker");
  assert.deepEqual(new Set(rows.map(({ Ticker }) => Ticker)), new Set(["ABC"]));
});

Deno.test("several symbols side by side are refused with what to do", async () => {
  const wide = "Price,Close,Close,Open,Open\nTicker,A,B,A,B\nDate,,,,\n2024-01-02,1,2,3,4\n";
  await assert.rejects(inferred(wide), (error: { message: string; fix?: string }) => {
    assert.match(error.message, /x\.csv: more than one column Close, Open$/);
    assert.match(error.fix!, /^The file may hold several symbols side by side: save each/);
    return true;
  });
});
